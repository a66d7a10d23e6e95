import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScaling } from '../../apps/devnet/src/scaling/runScaling.ts'
import { idleFaults } from '../../apps/devnet/src/scaling/scalingVerdict.ts'

test('replicas share the work, also after kills, and nothing is lost', { timeout: 300_000 }, async () => {
  const options = { delayMs: 100, inFlight: 4, seconds: 1 }
  const { signal } = new AbortController()
  // Rates depend on the machine and are for `npm run scaling`; who worked and what came of it do not.
  const { waves, requests, faults } = await runScaling(options, signal, () => {}, [2])
  assert.deepEqual(faults, [])
  assert.deepEqual(idleFaults(waves), [])
  assert.equal(
    requests,
    waves.reduce((sum, wave) => sum + wave.requests, 0),
  )
  assert.deepEqual(
    waves.map(({ shares }) => shares.size),
    [2, 2, 2],
  )
})
