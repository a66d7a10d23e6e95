import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateOf } from './rates.ts'
import type { Sample } from './sample.ts'

const sample = (at: number, settled: number, cpu: number): Sample => ({
  at,
  done: { published: settled, answered: settled, settled },
  use: new Map([['sender', { cpuSeconds: cpu, rss: 1, peakRss: 1 }]]),
})

test('the warm middle counts: begin and tail are left out', () => {
  const samples = [sample(0, 0, 1), sample(5_000, 250, 3), sample(7_000, 950, 3.5), sample(20_000, 1_000, 9)]
  assert.deepEqual(rateOf(samples, 'settled', 'sender', 1_000), { perSecond: 350, perCpuSecond: 1_400 })
})

test('what cannot be told is not told', () => {
  assert.throws(() => rateOf([sample(0, 1_000, 1)], 'settled', 'sender', 1_000), RangeError)
  assert.throws(() => rateOf([], 'settled', 'sender', 1_000), RangeError)
  const idle = [sample(0, 250, 1), sample(1_000, 950, 1)]
  assert.equal(rateOf(idle, 'settled', 'sender', 1_000).perCpuSecond, undefined)
})
