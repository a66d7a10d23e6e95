import type { ErrorCode, RequestId, Response } from '@kms-connector/protocol'
import type { Delivery, LastRead } from '@kms-connector/streams'
import type { StoredCheckpoint } from './checkpoint.ts'
import type { Receipt } from './receipts.ts'
import type { EncodedCall } from './refusal.ts'
import type { Review } from './reviewSlot.ts'
import type { SendVerdict } from './sendVerdict.ts'
import type { SlotRecord, SlotState } from './slot.ts'
import type { Timings } from './timings.ts'

/** A slot as the running sender sees it: the stored record and what it learned since the process started. */
export interface Slot {
  record: SlotRecord
  /** Revision of the record in the ledger bucket; 0 while it is being created. */
  revision: number
  /** While it is being created: its revision will be above this one. */
  readonly revisionAbove: number
  state: SlotState
  /** An action for this slot is under way; the plan leaves it alone. */
  busy: boolean
  /** Not to be sent or looked up again before this time, milliseconds. */
  notBefore: number
  /** Last time the bytes were given to a node. */
  sentAt: number | undefined
  firstSentAt: number | undefined
  /** Since when a node holds the newest bytes without mining them. */
  waitingSince: number | undefined
  /** What a node last said to the newest bytes. */
  lastVerdict: SendVerdict | undefined
  /** How often in a row nodes called the newest bytes unacceptable. */
  refusals: number
  /** What the contract said to the answer when it was asked again, because the slot was stuck. */
  review: Review | undefined
  /** The contract is not asked again before this time, milliseconds. */
  reviewNotBefore: number
  /** No dearer transaction of the same kind can be signed for this nonce. */
  exhausted: boolean
  /** Look-ups that found the nonce consumed but no receipt of ours. */
  missingReceipts: number
  mined: Receipt | undefined
}

/**
 * - `waiting`: the contract is to be asked about it
 * - `ready`: the contract would take it; it waits for a nonce
 * - `slotted`: it has a nonce
 */
export type InboxState = 'waiting' | 'ready' | 'slotted'

export interface InboxEntry {
  readonly seq: number
  readonly delivery: Delivery
  readonly response: Response
  /** Stored before this process started: an earlier run may have settled it. */
  readonly old: boolean
  state: InboxState
  busy: boolean
  notBefore: number
  /** Refusals of the contract that may pass. */
  tries: number
  /** What was read before it. */
  readonly before: LastRead | undefined
  /** Questions in a row that got no verdict, because the node did not answer. */
  unanswered: number
  /** Value of `accepted` when the question was asked that made the sender pause; undefined when none did. */
  parkedAfter: number | undefined
  /** Transactions for this answer that were mined but reverted. */
  reverted: number
  /** Gas limit found by the preparation. */
  gas: bigint
  /** What the contract was asked about, and what is signed; undefined before, and once it is in a slot. */
  call: EncodedCall | undefined
}

/** What is believed of the chain; see {@link believe}. */
export interface ChainView {
  /** Nonces below are consumed on chain (`eth_getTransactionCount` at `latest`). */
  readonly latestNonce: number
  readonly headBlock: number
  /** Since when the node has said something that is not believed yet. */
  readonly doubtSince?: number
}

/** Nonces below `below` are left alone until `until`; transactions that are not mined by then are as good as lost. */
export interface PendingNonces {
  readonly below: number
  readonly until: number
}

/**
 * Everything fails the same way until an operator acts: nothing is signed or sent before `until`, then it is tried again.
 * It lasts until something succeeds.
 */
export interface Park {
  readonly code: ErrorCode
  readonly until: number
}

/** The one mutable picture that {@link plan} decides on. Only the sender's event loop changes it. */
export interface SenderState {
  readonly slots: Map<number, Slot>
  /** Responses that were read and are not settled, by sequence, in ascending order. What is settled leaves. */
  readonly inbox: Map<number, InboxEntry>
  /** Sequence of the newest response that was read; everything up to it is settled or in the inbox. */
  lastRead: number
  /** The same with its time; undefined when the stored checkpoint does not tell it. */
  newest: LastRead | undefined
  chain: ChainView | undefined
  /** Since when the chain's count is what it is, and with it the head. */
  headSince: number
  /** No nonce below this is allocated: consumed on chain, whatever a lagging node says. */
  nonceFloor: number
  /** Since when the chain's count is below that floor. */
  belowFloorSince: number | undefined
  /** Transactions of our wallet that wait at the node since before the start; the ledger need not know them. */
  pending: PendingNonces | undefined
  /** Nonces below are left to transactions that are not ours, because an operator said so. */
  adoptedFloor: number
  /** Nonces that an operator wants to be consumed by a transfer to ourselves. */
  readonly ordered: Set<number>
  /** Of those, the ones for which it is stored. */
  readonly carriedOut: Set<number>
  /** Since when a nonce below an open slot belongs to nobody. */
  gapSince: number | undefined
  park: Park | undefined
  /** Answers that the contract would have taken, counted. */
  accepted: number
  committing: boolean
  /** After a failed commit, milliseconds since the epoch. */
  commitNotBefore: number
  checkpointing: boolean
  /** Stored: this sequence and everything before it is settled. */
  checkpoint: number
  checkpointedAt: number
}

export interface SenderPolicy extends Timings {
  /** Slots open at once. */
  readonly window: number
  /** Responses being estimated at once. */
  readonly prepareAhead: number
  /** Signed and stored in one go. */
  readonly commitBatch: number
  /** Blocks from the receipt's block to the head, both counted, before a slot is final. */
  readonly confirmations: number
  readonly checkpointEveryMs: number
  /** Look-ups without a receipt before a consumed nonce counts as taken by somebody else. */
  readonly lostAfterChecks: number
  /** While sending is paused. */
  readonly parkPauseMs: number
}

export function newState(
  slots: SenderState['slots'],
  { seq: checkpoint, lastRead }: StoredCheckpoint,
  pending: PendingNonces | undefined,
): SenderState {
  return {
    slots,
    inbox: new Map(),
    lastRead: checkpoint,
    newest: lastRead,
    chain: undefined,
    headSince: 0,
    nonceFloor: 0,
    belowFloorSince: undefined,
    pending,
    adoptedFloor: 0,
    ordered: new Set(),
    carriedOut: new Set(),
    gapSince: undefined,
    park: undefined,
    accepted: 0,
    committing: false,
    commitNotBefore: 0,
    checkpointing: false,
    checkpoint,
    checkpointedAt: 0,
  }
}

/** A slot that may still need something: its bytes sent, its receipt found, its outcome stored. */
export function isOpen({ state }: Slot): boolean {
  return state === 'signed' || state === 'accepted' || state === 'mined'
}

/** A transfer to ourselves is stored for a nonce; where an operator ordered it, the order is carried out. */
export function noteBurn({ ordered, carriedOut }: SenderState, nonce: number): void {
  if (ordered.delete(nonce)) carriedOut.add(nonce)
}

/** Whether any slot still needs something. */
export function hasOpenSlots({ slots }: SenderState): boolean {
  for (const slot of slots.values()) if (isOpen(slot)) return true
  return false
}

/** @returns slots that still need something, in nonce order */
export function openSlots({ slots }: SenderState): Slot[] {
  const open: Slot[] = []
  let ascending = true
  for (const slot of slots.values()) {
    if (!isOpen(slot)) continue
    const before = open.at(-1)
    if (before && before.record.nonce > slot.record.nonce) ascending = false
    open.push(slot)
  }
  // Nonces are taken in ascending order, but for those that fill a gap.
  return ascending ? open : open.sort((a, b) => a.record.nonce - b.record.nonce)
}

/**
 * Whether an answer holds a nonce; then it must not get another one. The sequence alone does not tell: a stream that was
 * created anew, or restored from an older copy, gives the same number to another answer.
 */
export function hasOpenSlot({ slots }: SenderState, seq: number, id: RequestId): boolean {
  for (const slot of slots.values()) {
    const { responseSeq, id: holder } = slot.record
    if (responseSeq === seq && holder === id && isOpen(slot)) return true
  }
  return false
}

/** @returns the answer that a slot was taken for; undefined when it is not in the inbox */
export function answerOf({ inbox }: SenderState, { responseSeq, id }: SlotRecord): InboxEntry | undefined {
  const entry = responseSeq === undefined ? undefined : inbox.get(responseSeq)
  return entry?.response.id === id ? entry : undefined
}

/** The newest message up to {@link settledUpTo}. */
export function lastSettled({ inbox, newest }: SenderState): LastRead | undefined {
  const [oldest] = inbox.values()
  return oldest ? oldest.before : newest
}

/** Highest sequence such that it and everything before it is settled. */
export function settledUpTo({ inbox, lastRead }: SenderState): number {
  const oldest = inbox.keys().next()
  return oldest.done ? lastRead : oldest.value - 1
}
