import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from './action.ts'
import { nextDeadline } from './nextDeadline.ts'
import { entry, mined, NOW, policy, slot, state } from './picture.test.ts'
import { plan } from './plan.ts'
import type { SenderState } from './senderState.ts'

const parked = { park: { code: 'WALLET_EMPTY', until: NOW + 10 } } as const

const cases: readonly (readonly [string, SenderState, readonly Action[]])[] = [
  ['nothing to do', state([], []), []],
  ['a new response is prepared', state([], [entry(1)]), [{ kind: 'prepare', seq: 1 }]],
  [
    'no more are prepared at once than allowed',
    state([], [entry(1), entry(2), entry(3)]),
    [
      { kind: 'prepare', seq: 1 },
      { kind: 'prepare', seq: 2 },
    ],
  ],
  [
    'a response that waits for its retry does not hold back the next',
    state([], [entry(1, { notBefore: NOW + 1 }), entry(2)]),
    [{ kind: 'prepare', seq: 2 }],
  ],
  ['a response being prepared is left alone', state([], [entry(1, { busy: true })]), []],
  [
    'ready responses are committed in order on the lowest free nonces',
    state([], [entry(1, { state: 'ready' }), entry(2, { state: 'ready' })], {
      chain: { latestNonce: 7, headBlock: 100 },
    }),
    [{ kind: 'commit', seqs: [1, 2], nonces: [7, 8] }],
  ],
  [
    'a gap between slots is filled first',
    state(
      [slot(7, { state: 'accepted', sentAt: NOW }), slot(9, { state: 'accepted', sentAt: NOW })],
      [entry(11, { state: 'ready' }), entry(12, { state: 'ready' })],
      { chain: { latestNonce: 7, headBlock: 100 } },
    ),
    [{ kind: 'commit', seqs: [11, 12], nonces: [8, 10] }],
  ],
  [
    'a nonce that was seen mined is never allocated, whatever a lagging node says',
    state([], [entry(1, { state: 'ready' })], { nonceFloor: 5 }),
    [{ kind: 'commit', seqs: [1], nonces: [5] }],
  ],
  [
    'nonces pending at start belong to transactions the ledger does not know',
    state([], [entry(1, { state: 'ready' })], { pending: { below: 5, until: NOW + 1 } }),
    [{ kind: 'commit', seqs: [1], nonces: [5] }],
  ],
  [
    'transactions pending since the start that were never mined do not leave a gap for ever',
    state([], [entry(1, { state: 'ready' })], { pending: { below: 5, until: NOW } }),
    [{ kind: 'commit', seqs: [1], nonces: [0] }],
  ],
  ['only one commit at a time', state([], [entry(1, { state: 'ready' })], { committing: true }), []],
  [
    'a full window takes no new nonce',
    state(
      [0, 1, 2, 3].map(n => slot(n, { state: 'accepted', sentAt: NOW })),
      [entry(9, { state: 'ready' })],
    ),
    [],
  ],
  ['before the chain was read no nonce is taken', state([], [entry(1, { state: 'ready' })], { chain: undefined }), []],
  [
    'stored slots are broadcast in ascending order, a few at once',
    state([slot(2), slot(0), slot(1)], []),
    [
      { kind: 'broadcast', nonce: 0 },
      { kind: 'broadcast', nonce: 1 },
    ],
  ],
  [
    'a slot that is not stored yet is never broadcast, nor is anything above it',
    state([slot(0, { revision: 0 }), slot(1)], []),
    [],
  ],
  [
    'a refused nonce holds back the ones above until it is sent again',
    state([slot(0, { notBefore: NOW + 500 }), slot(1)], []),
    [],
  ],
  [
    'an accepted head that is not mined is sent again',
    state([slot(0, { state: 'accepted', sentAt: NOW - 5_000 })], []),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'an accepted slot above the head just waits',
    state([slot(0, { state: 'accepted', sentAt: NOW }), slot(1, { state: 'accepted', sentAt: NOW - 9_000 })], []),
    [],
  ],
  [
    'consumed nonces are looked up together',
    state([slot(0), slot(1, { state: 'accepted' })], [], { chain: { latestNonce: 2, headBlock: 100 } }),
    [{ kind: 'find-receipts', nonces: [0, 1] }],
  ],
  [
    'a mined slot that is deep enough is settled',
    state([slot(0, { state: 'mined', mined })], [], { chain: { latestNonce: 1, headBlock: 100 } }),
    [{ kind: 'settle', nonce: 0 }],
  ],
  [
    'final and lost slots are left alone',
    state([slot(0, { state: 'final' }), slot(1, { state: 'lost' })], [], { chain: { latestNonce: 2, headBlock: 100 } }),
    [],
  ],
  [
    'parked: nothing is prepared, signed or sent',
    state([slot(0)], [entry(1), entry(2, { state: 'ready' })], parked),
    [],
  ],
  [
    'parked: what is on chain is still settled',
    state([slot(0, { state: 'mined', mined })], [entry(2)], { ...parked, chain: { latestNonce: 1, headBlock: 100 } }),
    [{ kind: 'settle', nonce: 0 }],
  ],
  [
    'the checkpoint passes what was read and is settled, up to the first that is not',
    state([], [entry(3, { state: 'slotted' })], { checkpointedAt: 0, lastRead: 4 }),
    [{ kind: 'checkpoint', seq: 2, purgeBelow: undefined }],
  ],
  [
    'with everything settled the checkpoint passes all that was read',
    state([], [], { checkpointedAt: 0, lastRead: 4 }),
    [{ kind: 'checkpoint', seq: 4, purgeBelow: undefined }],
  ],
  [
    'the checkpoint never passes an open response',
    state([], [entry(1, { state: 'slotted' })], { checkpointedAt: 0, lastRead: 2 }),
    [],
  ],
  ['the checkpoint is written at intervals', state([], [], { checkpointedAt: NOW - 99, lastRead: 1 }), []],
  [
    'a clock that was set back does not hold up the checkpoint',
    state([], [], { checkpointedAt: NOW + 3_600_000, lastRead: 1 }),
    [{ kind: 'checkpoint', seq: 1, purgeBelow: undefined }],
  ],
  [
    'settled slots go although an early response holds the checkpoint back',
    state([slot(0, { state: 'final' })], [entry(1, { notBefore: NOW + 1 })], { checkpointedAt: 0 }),
    [{ kind: 'checkpoint', seq: 0, purgeBelow: 2 }],
  ],
]

for (const [label, given, actions] of cases) {
  test(label, () => assert.deepEqual(plan(given, policy, NOW), actions))
}

test('a receipt in a shallow block waits for its confirmations', () => {
  const given = state([slot(0, { state: 'mined', mined })], [], { chain: { latestNonce: 1, headBlock: 101 } })
  assert.deepEqual(plan(given, { ...policy, confirmations: 3 }, NOW), [])
  given.chain = { latestNonce: 1, headBlock: 102 }
  assert.deepEqual(plan(given, { ...policy, confirmations: 3 }, NOW), [{ kind: 'settle', nonce: 0 }])
})

test('the next deadline is the earliest time at which the plan changes by itself', () => {
  assert.equal(nextDeadline(state([], []), policy, NOW), undefined)
  assert.equal(
    nextDeadline(state([slot(0, { notBefore: NOW + 30 })], [entry(1, { notBefore: NOW + 20 })]), policy, NOW),
    20,
  )
  assert.equal(nextDeadline(state([slot(0, { state: 'accepted', sentAt: NOW - 4_000 })], []), policy, NOW), 1_000)
  assert.equal(nextDeadline(state([], [], { lastRead: 1 }), policy, NOW), 100)
  assert.equal(nextDeadline(state([slot(0, { reviewNotBefore: NOW + 7 })], []), policy, NOW), 7)
  const unclear = slot(0, { lastVerdict: 'unknown', firstSentAt: NOW - 59_990, notBefore: NOW + 900 })
  assert.equal(nextDeadline(state([unclear], []), policy, NOW), 10)
  assert.equal(nextDeadline(state([unclear], [], { headSince: NOW }), policy, NOW), 900)
})
