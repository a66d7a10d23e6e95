import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultLines } from '../../apps/devnet/src/chaos/chaosReport.ts'
import { runSeed } from '../../apps/devnet/src/chaos/runSeed.ts'
import { scheduleOf } from '../../apps/devnet/src/chaos/schedule.ts'
import { PERMANENT_SEEDS } from '../../apps/devnet/src/chaos/seeds.ts'

const MINUTES = 4

for (const { story, ...row } of PERMANENT_SEEDS) {
  test(`seed ${row.seed} with ${row.requests} requests and ${row.kills} kills: ${story}`, async context => {
    const result = await runSeed(scheduleOf(row.seed, row), {
      minutes: MINUTES,
      keepLogs: undefined,
      signal: context.signal,
      onLine: () => {},
    })
    assert.deepEqual(result.findings, [], resultLines(result, row).join('\n'))
    assert.equal(result.counts.requests, row.requests)
    assert.equal(result.injected.kills, row.kills)
  })
}
