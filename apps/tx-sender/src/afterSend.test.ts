import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AfterSend, afterSend } from './afterSend.ts'
import { NOW, policy, slot } from './picture.test.ts'
import type { SendVerdict } from './sendVerdict.ts'

const noted = (verdict: SendVerdict) => ({ sentAt: NOW, firstSentAt: NOW, lastVerdict: verdict })
const taken = { state: 'accepted', waitingSince: NOW, refusals: 0 } as const

const cases: readonly (readonly [string, SendVerdict, AfterSend])[] = [
  ['accepted', 'accepted', { slot: { ...noted('accepted'), ...taken }, meaning: 'taken' }],
  ['F4 already known: the node has the bytes', 'known', { slot: { ...noted('known'), ...taken }, meaning: 'taken' }],
  [
    'F3 lost reply: the slot stays open, the bytes may have arrived',
    'unknown',
    { slot: { ...noted('unknown'), notBefore: NOW + 1_000 }, meaning: 'unclear' },
  ],
  [
    'F4 nonce too low: consumed by ours or by another, only receipts tell',
    'consumed',
    { slot: { ...noted('consumed'), notBefore: NOW + 1_000 }, meaning: 'unclear' },
  ],
  [
    'F7 nonce too high: the same bytes after the time a sequencer holds them',
    'too-high',
    { slot: { ...noted('too-high'), notBefore: NOW + policy.tooEarlyMs }, meaning: 'unclear' },
  ],
  [
    'F10 replacement underpriced: noted, so that the plan takes the next step',
    'underpriced',
    { slot: { ...noted('underpriced'), notBefore: NOW + 1_000 }, meaning: 'refused' },
  ],
  [
    'F12 empty wallet: everything pauses, the slot keeps its nonce',
    'funds',
    { slot: { ...noted('funds'), notBefore: NOW + policy.parkPauseMs }, walletEmpty: true, meaning: 'refused' },
  ],
  [
    'F9 bytes that are never acceptable are counted',
    'refused',
    { slot: { ...noted('refused'), notBefore: NOW + 5_000, refusals: 1 }, meaning: 'refused' },
  ],
  [
    'F9 bytes that are larger than the node takes are counted, too',
    'oversized',
    { slot: { ...noted('oversized'), notBefore: NOW + 1_000, refusals: 1 }, meaning: 'refused' },
  ],
]

for (const [label, verdict, after] of cases) {
  test(label, () => assert.deepEqual(afterSend(slot(0), verdict, policy, NOW), after))
}

test('F8 stuck head: sending the same bytes again does not start the clock anew', () => {
  const waiting = slot(0, { state: 'accepted', firstSentAt: 1, waitingSince: 2 })
  const after = afterSend(waiting, 'known', policy, NOW)
  assert.deepEqual([after.slot.firstSentAt, after.slot.waitingSince], [1, 2])
})

test('F13 reorg: a mined slot stays mined, whatever a node says to its bytes', () => {
  assert.equal(afterSend(slot(0, { state: 'mined' }), 'known', policy, NOW).slot.state, 'mined')
})
