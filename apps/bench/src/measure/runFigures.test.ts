import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageRates } from './runFigures.ts'
import type { Sample } from './sample.ts'

const sample = (at: number, settled: number): Sample => ({
  at,
  done: { published: 0, answered: settled, settled },
  use: new Map(),
})

test('a stage that did nothing in a wave has no rate, the others have theirs', () => {
  const rates = stageRates([sample(0, 250), sample(1_000, 950)], 1_000)
  assert.deepEqual(Object.keys(rates), ['worker', 'sender'])
  assert.equal(rates.sender?.perSecond, 700)
})
