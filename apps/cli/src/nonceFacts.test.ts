import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gapsOf } from './nonceFacts.ts'

const CASES: readonly (readonly [what: string, from: number, slots: readonly number[], gaps: readonly number[]])[] = [
  ['nothing is open', 5, [], []],
  ['the chain expects the lowest slot', 5, [5, 6], []],
  ['the lowest slot is above what the chain expects', 5, [7, 8], [5, 6]],
  ['one is missing between slots', 5, [5, 7], [6]],
  ['slots that the chain has consumed', 5, [3, 4, 5], []],
  ['everything below the slots is left to others', 10, [10, 12], [11]],
  ['the slots are below what is left to others', 10, [5, 7], []],
]
for (const [what, from, slots, gaps] of CASES)
  test(`${what}: ${gaps.length === 0 ? 'no gap' : gaps.join(', ')}`, () =>
    assert.deepEqual(
      gapsOf(
        from,
        slots.map(nonce => ({ nonce })),
      ),
      gaps,
    ))

test('a gap that is very wide is listed in part', () => assert.equal(gapsOf(0, [{ nonce: 1_000_000 }]).length, 100))
