// Pictures for the tables of the plan: everything that does not matter to a case has a harmless value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RequestId, type Response, requestIdOf } from '@kms-connector/protocol'
import type { Delivery } from '@kms-connector/streams'
import { slotOf } from './ledger.ts'
import { plan } from './plan.ts'
import { type InboxEntry, newState, type SenderPolicy, type SenderState, type Slot } from './senderState.ts'
import type { Attempt } from './slot.ts'

export const NOW = 1_000_000

export const policy: SenderPolicy = {
  mempool: 'none',
  tooEarlyMs: 1_000,
  resendAfterMs: 5_000,
  stallAfterMs: 15_000,
  maxBumps: 0,
  burnAfterMs: 60_000,
  gapAfterMs: 3_000,
  window: 4,
  prepareAhead: 2,
  sendAhead: 2,
  commitBatch: 3,
  confirmations: 1,
  checkpointEveryMs: 100,
  lostAfterChecks: 5,
  parkPauseMs: 10_000,
}

const id: RequestId = requestIdOf(1n)

export const mined = { blockNumber: 100, blockHash: '0x0a', hash: '0x00', succeeded: true } as const

export const attempt: Attempt = {
  hash: `0x${'0'.repeat(64)}`,
  raw: '0x02',
  gas: 1n,
  maxFeePerGas: 1n,
  signedAt: 0,
}
export const burn: Attempt = { ...attempt, hash: `0x${'b'.repeat(64)}`, burn: true }

export function slot(nonce: number, patch: Partial<Slot> = {}): Slot {
  const record = { nonce, responseSeq: nonce + 1, operation: 'public-decryption', id, attempts: [attempt] } as const
  return { ...slotOf(record, nonce + 1), ...patch }
}

/** A slot that holds these transactions. */
export function slotWith(nonce: number, attempts: readonly [Attempt, ...Attempt[]], patch: Partial<Slot> = {}): Slot {
  return slot(nonce, { record: { ...slot(nonce).record, attempts }, ...patch })
}

/** A slot that a node accepted this long ago and did not mine. */
export function stuck(nonce: number, ms: number, patch: Partial<Slot> = {}): Slot {
  const at = NOW - ms
  return slot(nonce, { state: 'accepted', sentAt: NOW, firstSentAt: at, waitingSince: at, ...patch })
}

export function entry(seq: number, patch: Partial<InboxEntry> = {}): InboxEntry {
  // CAST: the plan never looks inside a response or its delivery
  const [response, delivery] = [{ id } as Response, {} as Delivery]
  return {
    seq,
    response,
    delivery,
    state: 'waiting',
    busy: false,
    notBefore: 0,
    tries: 0,
    reverted: 0,
    gas: 0n,
    call: undefined,
    old: false,
    unanswered: 0,
    parkedAfter: undefined,
    before: undefined,
    ...patch,
  }
}

export function state(slots: Slot[], inbox: InboxEntry[], patch: Partial<SenderState> = {}): SenderState {
  const held = new Map(slots.map(s => [s.record.nonce, s]))
  return {
    ...newState(held, { seq: 0, lastRead: undefined }, undefined),
    inbox: new Map(inbox.map(e => [e.seq, e])),
    chain: { latestNonce: 0, headBlock: 100 },
    lastRead: inbox.at(-1)?.seq ?? 0,
    checkpointedAt: NOW,
    ...patch,
  }
}

test('an empty picture asks for nothing', () => assert.deepEqual(plan(state([], []), policy, NOW), []))
