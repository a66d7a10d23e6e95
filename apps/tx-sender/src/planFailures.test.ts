// Every way in which sending can fail and what the plan does about it, by the number of the failure. What a node's reply or
// a receipt changes is in afterSend.test.ts and afterLookUp.test.ts, what the contract's errors mean in afterPreparation.test.ts,
// and what is done about a head that does not move in planHead.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from './action.ts'
import { attempt, burn, entry, mined, NOW, policy, slot, slotWith, state, stuck } from './picture.test.ts'
import { plan } from './plan.ts'
import { noteGap } from './planGap.ts'
import type { SenderPolicy, SenderState } from './senderState.ts'

const useless = { at: NOW, verdict: 'useless', fate: undefined } as const
const at = (latestNonce: number) => ({ chain: { latestNonce, headBlock: 100 } })
const gap = { gapSince: NOW - 3_000 }

const cases: readonly (readonly [string, SenderState, readonly Action[], SenderPolicy?])[] = [
  [
    'F1 crash with a nonce taken: what is in the ledger is sent before anything new is taken',
    state([slot(0)], [entry(1, { state: 'slotted' }), entry(2, { state: 'ready' })]),
    [
      { kind: 'broadcast', nonce: 0 },
      { kind: 'commit', seqs: [2], nonces: [1] },
    ],
  ],
  [
    'F2 crash after broadcast: consumed nonces of the ledger are looked up, not sent',
    state([slot(0)], [], at(1)),
    [{ kind: 'find-receipts', nonces: [0] }],
  ],
  [
    'F3 lost reply: the same bytes go out again',
    state([slot(0, { lastVerdict: 'unknown', notBefore: NOW })], []),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F5 nonce too low: receipts are looked for under every transaction of the slot, nothing is signed',
    state([slotWith(0, [attempt, burn], { lastVerdict: 'consumed' })], [], at(1)),
    [{ kind: 'find-receipts', nonces: [0] }],
  ],
  [
    'F6 foreign use: an answer whose nonce is lost is prepared for a new one',
    state([slot(0, { state: 'lost' })], [entry(1)], { ...at(1), nonceFloor: 1 }),
    [{ kind: 'prepare', seq: 1 }],
  ],
  [
    'F7 nonce too high: the accepted head is sent again soon, not the slot above it',
    state([slot(0, { state: 'accepted', sentAt: NOW - 1_000 }), slot(1, { lastVerdict: 'too-high' })], []),
    [
      { kind: 'broadcast', nonce: 0 },
      { kind: 'broadcast', nonce: 1 },
    ],
  ],
  [
    'F7 nonce too high: the slot waits until it may be sent again',
    state([slot(0, { state: 'accepted', sentAt: NOW }), slot(1, { lastVerdict: 'too-high', notBefore: NOW + 1 })], []),
    [],
  ],
  [
    'F7 gap below: the lowest free nonce goes to the oldest answer',
    state([slot(1)], [entry(5, { state: 'ready' })], gap),
    [{ kind: 'commit', seqs: [5], nonces: [0] }],
  ],
  [
    'F7 gap below: a full window does not keep answers from filling it',
    state([slot(1), slot(2), slot(3), slot(4)], [entry(8, { state: 'ready' }), entry(9, { state: 'ready' })], gap),
    [{ kind: 'commit', seqs: [8], nonces: [0] }],
  ],
  ['F7 gap below: what is above it is not sent', state([slot(1), slot(2)], []), []],
  [
    'F7 gap below: with no answer waiting the nonce is burned',
    state([slot(1), slot(3)], [], gap),
    [{ kind: 'fill-gap', nonces: [0, 2], reason: 'gap' }],
  ],
  [
    'F7 gap below: an answer that waits for its retry does not keep the gap open',
    state([slot(1)], [entry(5, { notBefore: NOW + 1 })], gap),
    [{ kind: 'fill-gap', nonces: [0], reason: 'gap' }],
  ],
  [
    'F7 gap below: an answer that is being prepared will fill it',
    state([slot(1)], [entry(5, { busy: true })], gap),
    [],
  ],
  [
    'F7 gap below: a fresh gap may still be filled by a slot that is being stored',
    state([slot(1)], [], { gapSince: NOW - 1 }),
    [],
  ],
  ['F7 gap below: a gap of hundreds is an operator matter', state([slot(100)], [], gap), []],
  [
    'F11 stale RPC: a nonce that was seen mined is never allocated',
    state([], [entry(1, { state: 'ready' })], { nonceFloor: 5 }),
    [{ kind: 'commit', seqs: [1], nonces: [5] }],
  ],
  [
    'F11 stale RPC: a mined slot is not asked about while the node is doubted',
    state([slot(0, { state: 'mined', mined })], [], { chain: { latestNonce: 0, headBlock: 99, doubtSince: NOW } }),
    [],
  ],
  [
    'F12 empty wallet: nothing is signed, sent or burned',
    state([slot(1), stuck(0, 99_000)], [entry(1), entry(2, { state: 'ready' })], {
      ...gap,
      park: { code: 'WALLET_EMPTY', until: NOW + 1 },
    }),
    [],
  ],
  [
    'F13 reorg after mining: a mined slot whose nonce is free again is looked up',
    state([slot(0, { state: 'mined', mined })], []),
    [{ kind: 'find-receipts', nonces: [0] }],
  ],
  [
    'F13 reorg after mining: a receipt is final only when it is deep enough',
    state([slot(0, { state: 'mined', mined })], [], at(1)),
    [],
    { ...policy, confirmations: 2 },
  ],
  [
    'F14 answered already: an answer that is settled while its slot is stuck frees the nonce',
    state([stuck(0, 15_000, { review: useless })], []),
    [{ kind: 'burn', nonce: 0, reason: 'useless' }],
  ],
  [
    'F16 signer down: answers wait without a nonce, what has one goes on after the pause',
    state([], [entry(1, { state: 'ready' })], { park: { code: 'WALLET_NOT_SIGNING', until: NOW + 1 } }),
    [],
  ],
  [
    'F18 status checks fail: a slot without evidence stays open and is asked about again',
    state([slot(0, { missingReceipts: 3, notBefore: NOW })], [], at(1)),
    [{ kind: 'find-receipts', nonces: [0] }],
  ],
  [
    'F19 reverted: the answer is estimated again, its nonce is spent',
    state([slot(0, { state: 'final' })], [entry(1, { reverted: 1 })], { ...at(1), nonceFloor: 1 }),
    [{ kind: 'prepare', seq: 1 }],
  ],
  [
    'F21 backlog: the window bounds what is open, the oldest go first',
    state([stuck(0, 0), stuck(1, 0), stuck(2, 0)], [entry(7, { state: 'ready' }), entry(8, { state: 'ready' })]),
    [{ kind: 'commit', seqs: [7], nonces: [3] }],
  ],
  [
    'F22 operator: a nonce that nobody owns is burned on order',
    state([slot(1)], [], { ordered: new Set([0]) }),
    [{ kind: 'fill-gap', nonces: [0], reason: 'ordered' }],
  ],
  [
    'F22 operator: a slot is burned on order, also above the head',
    state([stuck(0, 0), stuck(1, 0)], [], { ordered: new Set([1]) }),
    [{ kind: 'burn', nonce: 1, reason: 'ordered' }],
  ],
  [
    'F22 operator: nonces that are left to others are neither taken nor burned',
    state([slot(5)], [entry(9, { state: 'ready' })], { ...gap, adoptedFloor: 4 }),
    [{ kind: 'commit', seqs: [9], nonces: [4] }],
  ],
  [
    'F23 ledger lost: nonces that wait at the node keep their transactions for a while',
    state([slot(7)], [entry(1, { state: 'ready' })], { pending: { below: 5, until: NOW + 1 } }),
    [{ kind: 'commit', seqs: [1], nonces: [5] }],
  ],
  [
    'F23 ledger lost: what was never mined does not leave a gap for ever',
    state([slot(7)], [entry(1, { state: 'ready' })], { pending: { below: 5, until: NOW } }),
    [{ kind: 'commit', seqs: [1], nonces: [0] }],
  ],
]

for (const [label, given, actions, own] of cases) {
  test(label, () => assert.deepEqual(plan(given, own ?? policy, NOW), actions))
}

test('F7 gap below: a gap is as old as it was first seen, and forgotten once it is filled', () => {
  const given = state([slot(1)], [])
  noteGap(given, NOW)
  noteGap(given, NOW + 5)
  assert.equal(given.gapSince, NOW)
  given.slots.set(0, slot(0))
  noteGap(given, NOW + 6)
  assert.equal(given.gapSince, undefined)
})
