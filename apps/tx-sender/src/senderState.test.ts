import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entry, state } from './picture.test.ts'
import { lastSettled, settledUpTo } from './senderState.ts'

const at = (seq: number) => ({ seq, storedAt: 1_000 + seq })

for (const [when, inbox, seq, last] of [
  ['nothing is open: what was read last', [], 9, at(9)],
  ['an answer is open: what was read before it', [entry(7, { before: at(6) })], 6, at(6)],
  ['answers between them expired', [entry(7, { before: at(3) }), entry(8, { before: at(7) })], 6, at(3)],
  ['the first that was ever read is open', [entry(1), entry(2, { before: at(1) })], 0, undefined],
] as const) {
  test(`the newest settled answer when ${when}`, () => {
    const picture = state([], [...inbox], { lastRead: 9, newest: at(9) })
    assert.equal(settledUpTo(picture), seq)
    assert.deepEqual(lastSettled(picture), last)
  })
}
