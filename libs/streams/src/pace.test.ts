import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWorthPulling, lingersFrom, startsAtOnce } from './pace.ts'

for (const [what, pending, quietMs, expected] of [
  ['the first message ever', 0, Infinity, true],
  ['a lone message', 0, 15, true],
  ['one right after others', 0, 14, false],
  ['one that others follow', 1, Infinity, false],
  ['one in the middle of a backlog', 1_000, 0, false],
] as const) {
  test(`${what} ${expected ? 'starts at once' : 'waits for a batch'}`, () => {
    assert.equal(startsAtOnce(pending, quietMs, 15), expected)
  })
}

for (const [what, arrivedAt, lastBatchAt, expected] of [
  ['first of all', 100, -Infinity, 100],
  ['after a silence', 100, 85, 100],
  ['right after a batch', 100, 95, 95],
  ['with a batch', 100, 100, 100],
] as const) {
  test(`a message that comes ${what} waits from the right moment on`, () => {
    assert.equal(lingersFrom(arrivedAt, lastBatchAt, 15), expected)
  })
}

for (const [what, free, waitedMs, lingerMs, expected] of [
  ['no room', 0, 1_000, 15, false],
  ['room for a batch', 64, 0, 15, true],
  ['room for a few, just now', 3, 0, 15, false],
  ['room for a few, for long enough', 3, 15, 15, true],
  ['room for one where nothing waits', 1, 0, 0, true],
  ['more room than ever needed', 256, 0, 15, true],
] as const) {
  test(`${what}: ${expected ? 'pulls' : 'waits'}`, () => {
    assert.equal(isWorthPulling({ free, enough: 64, waitedMs, lingerMs }), expected)
  })
}
