import { ConnectorError } from '@kms-connector/protocol'
import { LearnedGas } from './learnedGas.ts'
import { park } from './parking.ts'
import { prepareAnswer } from './prepare.ts'
import type { Preparation } from './refusal.ts'
import type { Sender } from './sender.ts'
import { answerOf } from './senderState.ts'
import type { SendVerdict } from './sendVerdict.ts'

/** Pause before the contract is asked again when it said nothing. */
const ASK_AGAIN_MS = 1_000

/** What the contract says to an answer whose transaction does not get mined. */
export interface Review {
  readonly at: number
  /** `fine`: it would still take it. `useless`: it can never take it, or has it from another transaction. */
  readonly verdict: 'fine' | 'useless'
  /** Why the answer can never be taken; undefined when it is prepared anew. */
  readonly fate: ConnectorError | undefined
}

/**
 * Pure: the review that a preparation amounts to. Refusals that may pass and nodes that do not answer prove nothing.
 * @param lastVerdict what a node said to the transaction: what it can never take is of no use although the contract would
 * @returns undefined when there is no verdict
 */
export function reviewOf(preparation: Preparation, now: number, lastVerdict?: SendVerdict): Review | undefined {
  switch (preparation.kind) {
    case 'ready':
      return lastVerdict === 'oversized'
        ? { at: now, verdict: 'useless', fate: tooLarge() }
        : { at: now, verdict: 'fine', fate: undefined }
    case 'answered':
      return { at: now, verdict: 'useless', fate: undefined }
    case 'dead':
      return { at: now, verdict: 'useless', fate: preparation.error }
    case 'park':
    case 'retry':
    case 'unanswered':
      return undefined
  }
}

function tooLarge(): ConnectorError {
  return new ConnectorError('RPC_REJECTED', 'a transaction with this answer is larger than the node takes')
}

/**
 * Asks the contract again about the answer of a stuck slot. Where nothing at all can be sent, sending is paused. While it
 * says nothing, the bytes that are signed go out again as before.
 */
export async function reviewSlot(sender: Sender, nonce: number): Promise<void> {
  const slot = sender.state.slots.get(nonce)
  if (!slot || slot.busy) return
  const { wallet, addressOf, logger } = sender.with
  const entry = answerOf(sender.state, slot.record)
  if (!entry) return
  slot.busy = true
  try {
    const { operation, id, answer } = entry.response
    // A slot is stuck: nothing that was learned from others counts.
    const context = { rpc: sender.rpc, learned: new LearnedGas(), wallet: wallet.address, addressOf }
    const preparation = await prepareAnswer(context, () => operation.call(id, answer), entry.reverted)
    const review = reviewOf(preparation, Date.now(), slot.lastVerdict)
    logger.warn(
      { nonce, request_id: id, said: preparation.kind, last_verdict: slot.lastVerdict },
      'asked the contract again about a transaction that is not mined',
    )
    if (review) slot.review = review
    else slot.reviewNotBefore = Date.now() + ASK_AGAIN_MS
    if (preparation.kind === 'park') park(sender, preparation.code, preparation.error)
  } finally {
    slot.busy = false
  }
}
