import type { Action } from './action.ts'
import { planBroadcasts } from './planBroadcasts.ts'
import { planCheckpoint } from './planCheckpoint.ts'
import { planCommit } from './planCommit.ts'
import { planGap } from './planGap.ts'
import { planHead } from './planHead.ts'
import { planPreparations } from './planPreparations.ts'
import { planReceipts } from './planReceipts.ts'
import { openSlots, type SenderPolicy, type SenderState } from './senderState.ts'

/**
 * Decides what the sender does next. Pure: the same picture and time give the same actions, in the order in which they
 * are to be started. Slots come before responses: what holds a nonce is finished before another nonce is taken. Each
 * decision is a file of its own; while sending is paused, only what is on chain already is followed.
 */
export function plan(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  const slots = openSlots(state)
  const receipts = planReceipts(slots, state, policy, now)
  const checkpoint = planCheckpoint(state, policy, now)
  if (state.park !== undefined && state.park.until > now) return [...receipts, ...checkpoint]
  const head = planHead(slots, state, policy, now)
  // A review that leads to nothing comes again only after a pause, in which the bytes go out as before.
  const replaced = new Set(head.map(({ nonce }) => nonce))
  return [
    ...receipts,
    ...head,
    ...planBroadcasts(slots, state, policy, now).filter(({ nonce }) => !replaced.has(nonce)),
    ...planGap(slots, state, policy, now),
    ...planCommit(slots, state, policy, now),
    ...planPreparations(state, policy, now),
    ...checkpoint,
  ]
}
