import { ConnectorError } from '@kms-connector/protocol'
import { afterBurn } from './afterBurn.ts'
import { noteReceipt, withoutSlot } from './findReceipts.ts'
import { buryAnswer, publishOutcome } from './outcomes.ts'
import { tryLater } from './prepareEntry.ts'
import { findReceipt, type Receipt } from './receipts.ts'
import type { Sender } from './sender.ts'
import { answerOf, type InboxEntry, type Slot } from './senderState.ts'

const LOOK_AGAIN_MS = 300
const UNCERTAIN_MS = 1_000

/**
 * Ends a slot whose receipt is deep enough: the outcome is stored, a reverted answer is prepared anew, and so is an answer
 * whose nonce was burned, unless it can never be taken. Both use up budget.
 */
export async function settleSlot(sender: Sender, nonce: number, signal: AbortSignal): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot?.mined || slot.busy) return
  slot.busy = true
  try {
    if (sender.with.policy.confirmations > 1 && !(await isStillMined(sender, slot))) return
    if (isOnItsWay(sender, slot)) {
      // After a restart the response is still on its way from the stream; its times belong into the outcome.
      slot.notBefore = Date.now() + LOOK_AGAIN_MS
      return
    }
    await settle(sender, slot, slot.mined, signal)
  } catch (fault) {
    slot.notBefore = Date.now() + UNCERTAIN_MS
    throw fault
  } finally {
    slot.busy = false
  }
}

/** Beyond the end that the stream had at the start it is an answer of a stream that is gone: nobody brings it. */
function isOnItsWay({ state, with: { responses } }: Sender, { record: { responseSeq = 0 } }: Slot): boolean {
  return responseSeq > state.lastRead && responseSeq <= responses.lastSeq
}

async function settle(sender: Sender, slot: Slot, mined: Receipt, signal: AbortSignal): Promise<void> {
  const { record } = slot
  if (record.attempts.some(({ hash, burn }) => burn && hash === mined.hash)) {
    slot.state = 'burned'
    sender.with.metrics.burned.inc()
    await giveBack(sender, slot, signal)
  } else if (mined.succeeded) {
    await confirm(sender, slot, mined, signal)
    slot.state = 'final'
  } else {
    slot.state = 'final'
    const detail = `${mined.hash} in block ${mined.blockNumber}`
    const error = new ConnectorError('TRANSACTION_REVERTED', detail, { nonce: record.nonce })
    await sendAgain(sender, slot, entry => {
      entry.reverted++
      return tryLater(sender, entry, error, signal)
    })
  }
}

async function confirm(
  sender: Sender,
  { record, firstSentAt }: Slot,
  mined: Receipt,
  signal: AbortSignal,
): Promise<void> {
  const entry = answerOf(sender.state, record)
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
  sender.state.inbox.delete(entry.seq)
}

/** The nonce is consumed, the answer is not on chain. */
function giveBack(sender: Sender, slot: Slot, signal: AbortSignal): Promise<void> {
  const after = afterBurn(slot)
  return sendAgain(sender, slot, async entry => {
    switch (after.kind) {
      case 'bury':
        await buryAnswer(sender, entry, after.error, slot.record.attempts.length, signal)
        sender.state.inbox.delete(entry.seq)
        return
      case 'ask-again':
        entry.notBefore = 0
        return
      case 'refused':
        return tryLater(sender, entry, after.error, signal)
    }
  })
}

/** Gives an answer back that no slot holds any more. */
async function sendAgain(sender: Sender, slot: Slot, next: (entry: InboxEntry) => Promise<void>): Promise<void> {
  const entry = withoutSlot(sender.state, slot.record)
  if (!entry) return
  entry.state = 'waiting'
  entry.busy = true
  try {
    await next(entry)
  } finally {
    entry.busy = false
  }
}

/** A block can vanish: the receipt is asked for once more before it counts. */
async function isStillMined(sender: Sender, slot: Slot): Promise<boolean> {
  const receipt = await findReceipt(sender.rpc, slot.record)
  if (receipt && receipt.blockHash === slot.mined?.blockHash) return true
  noteReceipt(sender, slot, receipt)
  return false
}
