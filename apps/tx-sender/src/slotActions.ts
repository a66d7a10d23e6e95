import { ConnectorError } from '@kms-connector/protocol'
import { sendRaw } from './broadcast.ts'
import { publishOutcome } from './outcomes.ts'
import { park, resume } from './parking.ts'
import { tryLater } from './prepareEntry.ts'
import { findReceipt, type Receipt } from './receipts.ts'
import type { Sender } from './sender.ts'
import { hasOpenSlot, type InboxEntry, type SenderState, type Slot } from './senderState.ts'
import type { SlotRecord } from './slot.ts'

/** A nonce that arrives early is held by an Arbitrum sequencer for about a second before it is refused. */
const TOO_EARLY_MS = 1_000
const UNCERTAIN_MS = 1_000
const REFUSED_MS = 5_000
const LOOK_AGAIN_MS = 300

/** Gives the newest bytes of a slot to the node and notes what it said. */
export async function broadcastSlot(sender: Sender, nonce: number): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot) return
  slot.busy = true
  try {
    const attempt = slot.record.attempts.at(-1) ?? slot.record.attempts[0]
    const { verdict, detail } = await sendRaw(sender.with.rpc, attempt.raw)
    const now = Date.now()
    sender.with.metrics.sendVerdicts.inc({ verdict })
    slot.sentAt = now
    slot.firstSentAt ??= now
    const fields = { request_id: slot.record.id, nonce, tx_hash: attempt.hash, verdict, detail }
    switch (verdict) {
      case 'accepted':
      case 'known':
        if (slot.state === 'signed') slot.state = 'accepted'
        resume(sender, 'WALLET_EMPTY')
        sender.with.logger.debug(fields, 'sent a transaction')
        return
      case 'funds':
        slot.notBefore = now + sender.with.parkPauseMs
        return park(sender, 'WALLET_EMPTY', new ConnectorError('WALLET_EMPTY', detail))
      case 'refused':
      case 'underpriced':
        slot.notBefore = now + REFUSED_MS
        sender.with.logger.error(fields, 'the node refused a transaction, it is sent again later')
        return
      default:
        // Consumed, too high or no answer: receipts and the same bytes again will tell.
        slot.notBefore = now + (verdict === 'too-high' ? TOO_EARLY_MS : UNCERTAIN_MS)
        sender.with.logger.warn(fields, 'sending a transaction gave no clear answer')
    }
  } finally {
    slot.busy = false
  }
}

/** Looks for receipts of slots whose nonces are consumed. */
export async function findReceipts(sender: Sender, nonces: readonly number[]): Promise<void> {
  const slots = nonces.map(nonce => sender.state.slots.get(nonce)).filter(slot => slot !== undefined)
  for (const slot of slots) slot.busy = true
  await Promise.all(slots.map(slot => lookUp(sender, slot)))
}

async function lookUp(sender: Sender, slot: Slot): Promise<void> {
  const { rpc, logger } = sender.with
  try {
    const receipt = await findReceipt(rpc, slot.record)
    if (receipt) {
      slot.mined = receipt
      slot.state = 'mined'
      slot.missingReceipts = 0
      raiseFloor(sender.state, slot)
    } else {
      noteMissing(sender, slot)
    }
  } catch (fault) {
    slot.notBefore = Date.now() + UNCERTAIN_MS
    logger.warn({ err: fault, nonce: slot.record.nonce }, 'could not look for a receipt')
  } finally {
    slot.busy = false
  }
}

/** A consumed nonce without a receipt of ours: the node lags, or somebody else uses our key. */
function noteMissing(sender: Sender, slot: Slot): void {
  const { policy, metrics, logger } = sender.with
  slot.missingReceipts++
  slot.notBefore = Date.now() + LOOK_AGAIN_MS
  if (slot.missingReceipts < policy.lostAfterChecks) return
  slot.state = 'lost'
  raiseFloor(sender.state, slot)
  metrics.nonceTaken.inc()
  const { nonce, id, responseSeq } = slot.record
  const error = new ConnectorError('NONCE_TAKEN', `nonce ${nonce} was used by a transaction that is not ours`, {
    nonce,
  })
  logger.error({ err: error, request_id: id }, 'lost a nonce, the answer gets another one')
  const entry = withoutSlot(sender.state, responseSeq)
  if (entry) entry.state = 'waiting'
}

/** Nonces up to this one are consumed, whatever a lagging node says later. */
function raiseFloor(state: SenderState, { record }: Slot): void {
  state.nonceFloor = Math.max(state.nonceFloor, record.nonce + 1)
}

/** @returns the entry of an answer whose last slot is gone; after a crash an answer can have two */
function withoutSlot(state: SenderState, responseSeq: number): InboxEntry | undefined {
  const entry = state.inbox.get(responseSeq)
  return entry?.state === 'slotted' && !hasOpenSlot(state, responseSeq) ? entry : undefined
}

/** Ends a slot whose receipt is deep enough: the outcome is stored, or a reverted answer is prepared anew. */
export async function settleSlot(sender: Sender, nonce: number, signal: AbortSignal): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot?.mined) return
  slot.busy = true
  try {
    if (sender.with.policy.confirmations > 1 && !(await isStillMined(sender, slot))) return
    if (slot.record.responseSeq > sender.state.lastRead) {
      // After a restart the response is still on its way from the stream; its times belong into the outcome.
      slot.notBefore = Date.now() + LOOK_AGAIN_MS
      return
    }
    if (slot.mined.succeeded) await confirm(sender, slot, slot.mined, signal)
    slot.state = 'final'
    if (!slot.mined.succeeded) await sendAgain(sender, slot.record, slot.mined, signal)
  } catch (fault) {
    slot.notBefore = Date.now() + UNCERTAIN_MS
    throw fault
  } finally {
    slot.busy = false
  }
}

async function confirm(
  sender: Sender,
  { record, firstSentAt }: Slot,
  mined: Receipt,
  signal: AbortSignal,
): Promise<void> {
  const entry = sender.state.inbox.get(record.responseSeq)
  if (!entry) return
  const ending = {
    status: 'confirmed',
    transactionHash: mined.hash,
    blockNumber: mined.blockNumber,
    nonce: record.nonce,
    attempts: record.attempts.length,
    ...(firstSentAt === undefined ? {} : { sentAt: firstSentAt }),
  } as const
  await publishOutcome(sender, entry, ending, signal)
  sender.state.inbox.delete(record.responseSeq)
}

/** A transaction that was mined but reverted has spent its nonce; its answer is prepared anew. */
async function sendAgain(sender: Sender, record: SlotRecord, mined: Receipt, signal: AbortSignal): Promise<void> {
  const { nonce, responseSeq } = record
  const entry = withoutSlot(sender.state, responseSeq)
  if (!entry) return
  entry.reverted++
  entry.state = 'waiting'
  entry.busy = true
  try {
    const detail = `${mined.hash} in block ${mined.blockNumber}`
    await tryLater(sender, entry, new ConnectorError('TRANSACTION_REVERTED', detail, { nonce }), signal)
  } finally {
    entry.busy = false
  }
}

/** A block can vanish: the receipt is asked for once more before it counts. */
async function isStillMined(sender: Sender, slot: Slot): Promise<boolean> {
  const receipt = await findReceipt(sender.with.rpc, slot.record)
  if (receipt && receipt.blockHash === slot.mined?.blockHash) return true
  sender.with.logger.warn(
    { nonce: slot.record.nonce, request_id: slot.record.id },
    'a mined transaction moved to another block',
  )
  slot.mined = receipt
  slot.state = receipt ? 'mined' : 'accepted'
  return false
}
