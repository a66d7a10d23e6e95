import { ConnectorError } from '@kms-connector/protocol'
import { afterLookUp } from './afterLookUp.ts'
import { findReceipt, type Receipt } from './receipts.ts'
import type { Sender } from './sender.ts'
import { answerOf, hasOpenSlot, type InboxEntry, type SenderState, type Slot } from './senderState.ts'
import type { SlotRecord } from './slot.ts'

const UNCERTAIN_MS = 1_000

/** Looks for receipts of slots. */
export async function findReceipts(sender: Sender, nonces: readonly number[]): Promise<void> {
  const slots = nonces.map(nonce => sender.state.slots.get(nonce)).filter(slot => slot && !slot.busy)
  await Promise.all(slots.map(slot => slot && lookUp(sender, slot)))
}

async function lookUp(sender: Sender, slot: Slot): Promise<void> {
  slot.busy = true
  try {
    noteReceipt(sender, slot, await findReceipt(sender.rpc, slot.record))
  } catch (fault) {
    // Without an answer nothing is concluded, however long it takes.
    slot.notBefore = Date.now() + UNCERTAIN_MS
    sender.with.logger.warn({ err: fault, nonce: slot.record.nonce }, 'could not look for a receipt')
  } finally {
    slot.busy = false
  }
}

/** Moves a slot on by what was found, and tells about it. */
export function noteReceipt(sender: Sender, slot: Slot, receipt: Receipt | undefined): void {
  const { policy, metrics, logger } = sender.with
  const { nonce, id } = slot.record
  const after = afterLookUp(slot, receipt, policy, Date.now())
  if (receipt) showMined(sender, slot, receipt)
  Object.assign(slot, after.slot)
  if (slot.state === 'mined' || slot.state === 'lost') raiseFloor(sender.state, slot)
  if (after.news === 'moved') {
    metrics.reorganised.inc()
    if (!receipt) lowerFloor(sender.state, slot)
    logger.warn({ nonce, request_id: id, found: receipt !== undefined }, 'a mined transaction moved to another block')
  } else if (after.news === 'taken') {
    metrics.nonceTaken.inc()
    const detail = `nonce ${nonce} was used by a transaction that is not ours`
    const error = new ConnectorError('NONCE_TAKEN', detail, { nonce })
    logger.error({ err: error, request_id: id }, 'lost a nonce, the answer gets another one')
    const entry = withoutSlot(sender.state, slot.record)
    if (entry) entry.state = 'waiting'
  }
}

/** Shows in the trace how long the transaction waited to be mined, once for each block it was found in. */
function showMined({ traces }: Sender, { mined, record, firstSentAt }: Slot, receipt: Receipt): void {
  if (mined?.blockHash === receipt.blockHash) return
  const { hash, blockNumber, succeeded } = receipt
  const attributes = { 'kms.transaction_hash': hash, 'kms.block_number': blockNumber, 'kms.succeeded': succeeded }
  traces.past(record.responseSeq, 'mined', firstSentAt, { 'kms.nonce': record.nonce, ...attributes })
}

/** Nonces up to this one are consumed, whatever a lagging node says later. */
export function raiseFloor(state: SenderState, { record }: Slot): void {
  state.nonceFloor = Math.max(state.nonceFloor, record.nonce + 1)
}

/** A receipt of ours that vanished frees its nonce for the same bytes again, and those above it. */
function lowerFloor(state: SenderState, { record }: Slot): void {
  state.nonceFloor = Math.min(state.nonceFloor, record.nonce)
}

/** @returns the entry of an answer whose last slot is gone; after a crash an answer can have two */
export function withoutSlot(state: SenderState, record: SlotRecord): InboxEntry | undefined {
  const entry = answerOf(state, record)
  return entry?.state === 'slotted' && !hasOpenSlot(state, entry.seq, entry.response.id) ? entry : undefined
}
