import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFresh } from './freshness.ts'

const cases: readonly (readonly [string, at: number, maxAgeMs: number, fresh: boolean])[] = [
  ['just read', 1_000, 1, true],
  ['read within the time', 501, 500, true],
  ['read as long ago as it is good for', 500, 500, false],
  ['asked anew', 1_000, 0, false],
  ['read before the clock was set back', 1_001, 500, false],
]

for (const [label, at, maxAgeMs, fresh] of cases) {
  test(`freshness: ${label}`, () => assert.equal(isFresh(at, 1_000, maxAgeMs), fresh))
}
