import type { Action } from './action.ts'
import { gapNonces } from './freeNonces.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'

/**
 * A wider gap is not of our making: a node lied about the count, or the ledger is of another time. Filling it could take
 * hundreds of transactions for nothing, so an operator decides.
 */
export const WIDEST_GAP = 64

/**
 * A nonce that nobody owns below an open slot keeps that slot from being mined. Answers fill it; when none is about to, a
 * transfer to ourselves does. An operator can ask for the same.
 */
export function planGap(slots: readonly Slot[], state: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (!state.chain || state.committing || state.commitNotBefore > now) return []
  const ordered = [...state.ordered].filter(nonce => !state.slots.has(nonce))
  if (ordered.length > 0) return [{ kind: 'fill-gap', nonces: ordered, reason: 'ordered' }]
  if (slots.length === 0 || state.gapSince === undefined || now - state.gapSince < policy.gapAfterMs) return []
  for (const { state: at, busy, notBefore } of state.inbox.values()) {
    if (at === 'ready' || (at === 'waiting' && (busy || notBefore <= now))) return []
  }
  const gap = gapNonces(state, now, WIDEST_GAP + 1)
  if (gap.length === 0 || gap.length > WIDEST_GAP) return []
  return [{ kind: 'fill-gap', nonces: gap.slice(0, policy.sendAhead), reason: 'gap' }]
}

/** Notes since when there is a gap. To be called before every plan. */
export function noteGap(state: SenderState, now: number): void {
  if (gapNonces(state, now, 1).length === 0) state.gapSince = undefined
  else state.gapSince ??= now
}

/** Whether an operator has to decide about a gap. */
export function isGapTooWide(state: SenderState, now: number): boolean {
  return state.gapSince !== undefined && gapNonces(state, now, WIDEST_GAP + 1).length > WIDEST_GAP
}
