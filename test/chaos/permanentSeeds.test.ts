import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultLines } from '../../apps/devnet/src/chaos/chaosReport.ts'
import { runSeed } from '../../apps/devnet/src/chaos/runSeed.ts'
import { scheduleOf } from '../../apps/devnet/src/chaos/schedule.ts'
import { PERMANENT_SEEDS } from '../../apps/devnet/src/chaos/seeds.ts'

const MINUTES = 4

for (const { seed, reduced, story } of PERMANENT_SEEDS) {
  test(`seed ${seed} with ${reduced.requests} requests and ${reduced.kills} kills: ${story}`, async context => {
    const result = await runSeed(scheduleOf(seed, reduced), {
      minutes: MINUTES,
      keepLogs: undefined,
      signal: context.signal,
      onLine: () => {},
    })
    assert.deepEqual(result.findings, [], resultLines(result, reduced).join('\n'))
    assert.equal(result.counts.requests, reduced.requests)
    assert.equal(result.injected.kills, reduced.kills)
  })
}
