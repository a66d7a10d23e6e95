// What is done about a head that does not move, by the number of the failure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import type { Action } from './action.ts'
import { attempt, burn, entry, NOW, policy, slot, slotWith, state, stuck } from './picture.test.ts'
import { plan } from './plan.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'

const ethereum: SenderPolicy = {
  ...policy,
  mempool: 'present',
  stallAfterMs: 36_000,
  maxBumps: 2,
  burnAfterMs: 600_000,
}
const fine = { at: NOW, verdict: 'fine', fate: undefined } as const
const useless = { at: NOW, verdict: 'useless', fate: new ConnectorError('RESPONSE_REVERTED', 'never') } as const
/** The answer of slot 0. */
const slotted = entry(1, { state: 'slotted' })
/** A slot whose bytes a node refuses in words that are in no table, for this long. */
const refusedInWords = (ms: number, patch: Partial<Slot> = {}) =>
  slot(0, { lastVerdict: 'unknown', sentAt: NOW - 1_000, firstSentAt: NOW - ms, notBefore: NOW, ...patch })

const cases: readonly (readonly [string, SenderState, readonly Action[], SenderPolicy?])[] = [
  [
    'F8 stuck head: the contract is asked again first',
    state([stuck(0, 36_000)], [slotted]),
    [{ kind: 'review', nonce: 0 }],
    ethereum,
  ],
  [
    'F8 stuck head: while the contract says nothing the same bytes go out again',
    state([stuck(0, 36_000, { sentAt: NOW - 5_000, reviewNotBefore: NOW + 1 })], [slotted]),
    [{ kind: 'broadcast', nonce: 0 }],
    ethereum,
  ],
  [
    'F8 stuck head: the time before it was the head does not count',
    state([stuck(0, 99_000)], [slotted], { headSince: NOW - 14_999 }),
    [],
  ],
  [
    'F8 stuck head: nor does it count for the burn',
    state([stuck(0, 99_000, { review: fine })], [slotted], { headSince: NOW - 59_999 }),
    [],
  ],
  [
    'F8 stuck head: the fee is raised although the stream has lost the answer and nobody can be asked about it',
    state([stuck(0, 36_000)], []),
    [{ kind: 'escalate', nonce: 0 }],
    ethereum,
  ],
  ['F8 stuck head: an answer that the stream has lost is not burned early', state([stuck(0, 59_999)], []), []],
  [
    'F8 stuck head: an answer that the stream has lost is burned',
    state([stuck(0, 60_000)], []),
    [{ kind: 'burn', nonce: 0, reason: 'stuck' }],
  ],
  [
    'F3 lost replies: replies that nobody understands are borne for a while',
    state([refusedInWords(59_999)], [slotted]),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F3 lost replies: after that the contract is asked again',
    state([refusedInWords(60_000)], [slotted]),
    [{ kind: 'review', nonce: 0 }],
  ],
  [
    'F3 lost replies: the head is burned, also with a mempool: a fee answers nothing',
    state([refusedInWords(600_000, { review: fine })], [slotted]),
    [{ kind: 'burn', nonce: 0, reason: 'stuck' }],
    ethereum,
  ],
  [
    'F3 lost replies: what became the head only now is sent first',
    state([refusedInWords(99_000, { review: fine })], [slotted], { headSince: NOW - 1 }),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F3 lost replies: a replacement has its own time',
    state(
      [refusedInWords(99_000, { review: fine, record: slotWith(0, [attempt, { ...attempt, signedAt: NOW }]).record })],
      [slotted],
    ),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F3 lost replies: a burn is sent again, never made dearer',
    state([refusedInWords(99_000, { record: slotWith(0, [attempt, burn]).record })], [slotted]),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F8 stuck head: the fee is raised',
    state([stuck(0, 36_000, { review: fine })], []),
    [{ kind: 'escalate', nonce: 0 }],
    ethereum,
  ],
  [
    'F8 stuck head: only the head, never what is above it',
    state([stuck(0, 0), stuck(1, 40_000, { review: fine })], []),
    [],
    ethereum,
  ],
  [
    'F8 stuck head: after its bumps it is burned, but not early',
    state([stuck(0, 599_999, { review: fine, record: slotWith(0, [attempt, attempt, attempt]).record })], []),
    [],
    ethereum,
  ],
  [
    'F8 stuck head: after its bumps it is burned',
    state([stuck(0, 600_000, { review: fine, record: slotWith(0, [attempt, attempt, attempt]).record })], []),
    [{ kind: 'burn', nonce: 0, reason: 'stuck' }],
    ethereum,
  ],
  [
    'F8 stuck head: with no room under the fee ceiling it is burned',
    state([stuck(0, 600_000, { review: fine, exhausted: true })], []),
    [{ kind: 'burn', nonce: 0, reason: 'stuck' }],
    ethereum,
  ],
  ['F8 stuck head: without a mempool a higher fee moves nothing', state([stuck(0, 59_999, { review: fine })], []), []],
  [
    'F8 stuck head: without a mempool it is burned',
    state([stuck(0, 60_000, { review: fine })], []),
    [{ kind: 'burn', nonce: 0, reason: 'stuck' }],
  ],
  [
    'F8 stuck head: a burn that is stuck is made dearer',
    state([stuck(0, 60_000, { record: slotWith(0, [attempt, burn]).record })], []),
    [{ kind: 'escalate', nonce: 0 }],
  ],
  [
    'F9 poisonous head: what the contract can never take is burned at once',
    state([stuck(0, 15_000, { review: useless })], []),
    [{ kind: 'burn', nonce: 0, reason: 'useless' }],
  ],
  [
    'F9 poisonous head: bytes that nodes keep refusing are burned',
    state([slot(0, { refusals: 2, sentAt: NOW, review: fine, lastVerdict: 'refused' })], []),
    [{ kind: 'burn', nonce: 0, reason: 'refused' }],
  ],
  [
    'F9 poisonous head: after a restart the answer that the contract is asked about may be on its way',
    state([slot(0, { refusals: 2, sentAt: NOW, firstSentAt: NOW - 14_999, lastVerdict: 'refused' })], []),
    [{ kind: 'broadcast', nonce: 0 }],
  ],
  [
    'F9 poisonous head: refused bytes of an answer that the stream has lost are burned',
    state([slot(0, { refusals: 2, sentAt: NOW, firstSentAt: NOW - 15_000, lastVerdict: 'refused' })], []),
    [{ kind: 'burn', nonce: 0, reason: 'refused' }],
  ],
  [
    'F9 poisonous head: one refusal may be the mood of a node',
    state([slot(0, { refusals: 1, lastVerdict: 'refused', notBefore: NOW + 1 })], []),
    [],
  ],
  [
    'F10 replacement underpriced: the next step follows at once, whatever the timing says',
    state([slot(0, { lastVerdict: 'underpriced', sentAt: NOW, review: fine })], []),
    [{ kind: 'escalate', nonce: 0 }],
  ],
]

for (const [label, given, actions, own] of cases) {
  test(label, () => assert.deepEqual(plan(given, own ?? policy, NOW), actions))
}
