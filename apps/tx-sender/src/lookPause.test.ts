import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseAfterLook } from './lookPause.ts'

const cases: readonly (readonly [string, number, number])[] = [
  ['a look that cost next to nothing is repeated at once', 0.004, 0],
  ['so is one that a timer could not wait for', 0.049, 0],
  ['looks take a twentieth of the time', 0.1, 2],
  ['a look that was slow for another reason holds nothing up', 40, 5],
]
for (const [label, lookMs, pauseMs] of cases) test(label, () => assert.equal(pauseAfterLook(lookMs), pauseMs))
