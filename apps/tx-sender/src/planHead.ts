import type { Action } from './action.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'
import { newestAttempt } from './slot.ts'

type HeadAction = Extract<Action, { kind: 'review' | 'escalate' | 'burn' }>

/** Refusals of the same bytes after which they count as never acceptable: once may be a node's mood. */
const REFUSALS_MEAN_NEVER = 2

/**
 * The head is the slot at the chain's count: only it can be mined next, so only it is ever replaced. What to do about one
 * that does not move, from cheap to dear: ask the contract again, raise the fee, burn the nonce. Burning costs one empty
 * transaction and gives the answer back for a new nonce, or for its dead letter. Before the contract has said something,
 * nothing is replaced.
 */
export function planHead(slots: readonly Slot[], state: SenderState, policy: SenderPolicy, now: number): HeadAction[] {
  const { chain, ordered } = state
  if (!chain) return []
  const actions: HeadAction[] = []
  for (const slot of slots) {
    const { nonce } = slot.record
    if (nonce < chain.latestNonce || slot.state === 'mined' || !isFree(slot, now)) continue
    if (ordered.has(nonce) && !newestAttempt(slot.record).burn) actions.push({ kind: 'burn', nonce, reason: 'ordered' })
    else if (nonce === chain.latestNonce) actions.push(...headAction(slot, policy, now))
  }
  return actions
}

function isFree(slot: Slot, now: number): boolean {
  return !slot.busy && slot.notBefore <= now && slot.revision > 0
}

function headAction(slot: Slot, policy: SenderPolicy, now: number): HeadAction[] {
  const { nonce } = slot.record
  const underpriced = slot.lastVerdict === 'underpriced'
  const refused = slot.refusals >= REFUSALS_MEAN_NEVER
  const stalled = slot.waitingSince !== undefined && now - slot.waitingSince >= policy.stallAfterMs
  if (!underpriced && !refused && !stalled) return []
  if (newestAttempt(slot.record).burn) return refused || slot.exhausted ? [] : [{ kind: 'escalate', nonce }]
  if (!isReviewed(slot)) return [{ kind: 'review', nonce }]
  if (slot.review?.verdict === 'useless') return [{ kind: 'burn', nonce, reason: 'useless' }]
  if (refused) return [{ kind: 'burn', nonce, reason: 'refused' }]
  if (!slot.exhausted && (underpriced || bumpsOf(slot) < policy.maxBumps)) return [{ kind: 'escalate', nonce }]
  const since = slot.firstSentAt ?? now
  return now - since >= policy.burnAfterMs ? [{ kind: 'burn', nonce, reason: 'stuck' }] : []
}

/** Only a review that is younger than the newest transaction's trouble counts. */
function isReviewed({ review, waitingSince, sentAt }: Slot): boolean {
  return review !== undefined && review.at >= (waitingSince ?? sentAt ?? 0)
}

/** Transactions signed for the answer after the first. */
function bumpsOf({ record }: Slot): number {
  return record.attempts.filter(({ burn }) => !burn).length - 1
}
