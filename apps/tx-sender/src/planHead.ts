import type { Action } from './action.ts'
import { answerOf, type SenderPolicy, type SenderState, type Slot } from './senderState.ts'
import { newestAttempt } from './slot.ts'

type HeadAction = Extract<Action, { kind: 'review' | 'escalate' | 'burn' }>

/** Refusals of the same bytes after which they count as never acceptable: once may be a node's mood. */
const REFUSALS_MEAN_NEVER = 2

/**
 * The head is the slot at the chain's count: only it can be mined next, so only it is ever replaced. What to do about one
 * that does not move, from cheap to dear: ask the contract again, raise the fee, burn the nonce. Burning costs one empty
 * transaction and gives the answer back for a new nonce, or for its dead letter. Before the contract has said something,
 * nothing is replaced, unless the stream does not bring the answer that it could be asked about.
 */
export function planHead(slots: readonly Slot[], state: SenderState, policy: SenderPolicy, now: number): HeadAction[] {
  const { chain, ordered } = state
  if (!chain) return []
  const actions: HeadAction[] = []
  for (const slot of slots) {
    const { nonce } = slot.record
    if (nonce < chain.latestNonce || slot.state === 'mined' || !isFree(slot, now)) continue
    if (ordered.has(nonce) && !newestAttempt(slot.record).burn) actions.push({ kind: 'burn', nonce, reason: 'ordered' })
    else if (nonce === chain.latestNonce) actions.push(...headAction(slot, state, policy, now))
  }
  return actions
}

function isFree(slot: Slot, now: number): boolean {
  return !slot.busy && slot.notBefore <= now && slot.revision > 0
}

function headAction(slot: Slot, state: SenderState, policy: SenderPolicy, now: number): HeadAction[] {
  const { nonce } = slot.record
  // Before it was the head nothing could move it, so that time does not count.
  const isOver = (since: number | undefined, ms: number) =>
    since !== undefined && now - Math.max(since, state.headSince) >= ms
  const underpriced = slot.lastVerdict === 'underpriced'
  const refused = slot.refusals >= REFUSALS_MEAN_NEVER
  const stalled = isOver(slot.waitingSince, policy.stallAfterMs)
  const unclear = isOver(unclearSince(slot), policy.burnAfterMs)
  if (!underpriced && !refused && !stalled && !unclear) return []
  if (newestAttempt(slot.record).burn) return refused || unclear || slot.exhausted ? [] : [{ kind: 'escalate', nonce }]
  if (!isReviewed(slot)) {
    if (answerOf(state, slot.record)) return slot.reviewNotBefore <= now ? [{ kind: 'review', nonce }] : []
    // After a restart it is on its way from the stream. What has not come by now may have expired.
    if (!isOver(slot.firstSentAt, policy.stallAfterMs)) return []
  }
  if (slot.review?.verdict === 'useless') return [{ kind: 'burn', nonce, reason: 'useless' }]
  if (refused) return [{ kind: 'burn', nonce, reason: 'refused' }]
  // A higher fee helps only where a node asks for it, or has the bytes.
  if (!unclear && !slot.exhausted && (underpriced || bumpsOf(slot) < policy.maxBumps)) {
    return [{ kind: 'escalate', nonce }]
  }
  return isOver(slot.firstSentAt, policy.burnAfterMs) ? [{ kind: 'burn', nonce, reason: 'stuck' }] : []
}

/**
 * Since when the newest bytes are given to nodes that say nothing we know to them: neither that they have them, nor why
 * they do not take them.
 */
export function unclearSince({ lastVerdict, waitingSince, firstSentAt, record }: Slot): number | undefined {
  if (lastVerdict !== 'unknown' || waitingSince !== undefined || firstSentAt === undefined) return undefined
  return Math.max(firstSentAt, newestAttempt(record).signedAt)
}

/** Only a review that is younger than the newest transaction's trouble counts. */
function isReviewed({ review, waitingSince, sentAt }: Slot): boolean {
  return review !== undefined && review.at >= (waitingSince ?? sentAt ?? 0)
}

/** Transactions signed for the answer after the first. */
function bumpsOf({ record }: Slot): number {
  return record.attempts.filter(({ burn }) => !burn).length - 1
}
