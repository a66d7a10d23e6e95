import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { purgeLimit, slotOf } from './ledger.ts'
import type { Slot } from './senderState.ts'
import { costOf, decodeSlot, encodeSlot, type SlotRecord, type SlotState } from './slot.ts'

const record = (nonce: number): SlotRecord => ({
  nonce,
  responseSeq: nonce + 10,
  operation: 'public-decryption',
  id: requestIdOf(BigInt(nonce + 1)),
  attempts: [{ hash: `0x${'ab'.repeat(32)}`, raw: '0x02ff', gas: 21_000n, maxFeePerGas: 7n, signedAt: 1 }],
})
const slot = (nonce: number, revision: number, state: SlotState): Slot => ({
  ...slotOf(record(nonce), revision),
  state,
})
const beingStored = (nonce: number, above: number): Slot => ({ ...slotOf(record(nonce), 0, above) })

test('a slot survives its record', () => assert.deepEqual(decodeSlot(encodeSlot(record(3))), record(3)))

for (const body of ['{}', '{"v":1}', '{"v":2}', 'x', '{"v":1,"nonce":-1}']) {
  test(`a record that is none is refused: ${body}`, () => {
    assert.throws(() => decodeSlot(Buffer.from(body)), { name: 'ConnectorError' })
  })
}

test('a slot reserves what its dearest transaction can cost', () => {
  const [first] = record(3).attempts
  assert.equal(costOf({ ...record(3), attempts: [first, { ...first, maxFeePerGas: 9n }] }), 189_000n)
})

const cases: readonly (readonly [string, readonly Slot[], number | undefined])[] = [
  ['nothing to purge', [], undefined],
  ['only open slots', [slot(0, 5, 'signed'), slot(1, 6, 'mined')], undefined],
  ['all settled', [slot(0, 5, 'final'), slot(1, 6, 'final')], 7],
  [
    'an open slot keeps itself and everything after it',
    [slot(0, 5, 'final'), slot(1, 6, 'accepted'), slot(2, 7, 'final')],
    6,
  ],
  ['an open slot at the bottom keeps everything', [slot(0, 5, 'signed'), slot(1, 6, 'final')], undefined],
  ['a lost slot is not needed', [slot(0, 5, 'lost')], 6],
  [
    'a slot that is being stored may have a revision below one that was settled meanwhile',
    [slot(0, 5, 'final'), beingStored(1, 5), slot(2, 8, 'final')],
    6,
  ],
  [
    'under load something is always being stored, and what was settled before goes all the same',
    [slot(0, 5, 'final'), slot(1, 6, 'final'), beingStored(2, 6)],
    7,
  ],
  ['what was settled after it was begun stays', [beingStored(1, 4), slot(0, 5, 'final')], undefined],
]

for (const [label, slots, limit] of cases) {
  test(`purge limit: ${label}`, () => assert.equal(purgeLimit(slots), limit))
}
