import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseAfterLook } from './lookPause.ts'

const cases: readonly (readonly [string, number, number, number])[] = [
  ['a look that cost next to nothing is repeated at once', 0.004, 1_000, 0],
  ['so is one that a timer could not wait for', 0.049, 1_000, 0],
  ['looks at a large picture take a twentieth of the time', 0.1, 1_000, 2],
  ['a look that was slow for another reason holds nothing up for long', 40, 1_000, 5],
  ['a few answers never wait, not even after the first look of a process', 40, 64, 0],
]
for (const [label, lookMs, size, pauseMs] of cases) {
  test(label, () => assert.equal(pauseAfterLook(lookMs, size), pauseMs))
}
