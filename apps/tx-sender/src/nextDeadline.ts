import { unclearSince } from './planHead.ts'
import { isOpen, type SenderPolicy, type SenderState, type Slot, settledUpTo } from './senderState.ts'

/** @returns milliseconds until time alone makes the plan different; undefined when only an event can */
export function nextDeadline(state: SenderState, policy: SenderPolicy, now: number): number | undefined {
  let next = Number.POSITIVE_INFINITY
  // Looked at after everything that happens: with thousands of times no list of them is made.
  const note = (time: number) => {
    if (time > now && time < next) next = time
  }
  let settled = settledUpTo(state) > state.checkpoint
  for (const slot of state.slots.values()) {
    if (!isOpen(slot)) settled = true
    else if (!slot.busy) noteSlot(slot, state, policy, note)
  }
  for (const entry of state.inbox.values()) {
    if (entry.state === 'waiting' && !entry.busy) note(entry.notBefore)
    if (entry.state === 'ready') note(state.commitNotBefore)
  }
  if (settled) note(state.checkpointedAt + policy.checkpointEveryMs)
  if (state.park) note(state.park.until)
  if (state.gapSince !== undefined) {
    note(state.gapSince + policy.gapAfterMs)
    note(state.commitNotBefore)
  }
  if (state.pending) note(state.pending.until)
  return next === Number.POSITIVE_INFINITY ? undefined : next - now
}

function noteSlot(slot: Slot, { headSince }: SenderState, policy: SenderPolicy, note: (time: number) => void): void {
  note(slot.notBefore)
  note(slot.reviewNotBefore)
  const unclear = unclearSince(slot)
  if (unclear !== undefined) note(Math.max(unclear, headSince) + policy.burnAfterMs)
  if (slot.state !== 'accepted') return
  const sentAt = slot.sentAt ?? 0
  note(sentAt + policy.tooEarlyMs)
  note(sentAt + policy.resendAfterMs)
  if (slot.waitingSince !== undefined) note(Math.max(slot.waitingSince, headSince) + policy.stallAfterMs)
  if (slot.firstSentAt === undefined) return
  const since = Math.max(slot.firstSentAt, headSince)
  note(since + policy.stallAfterMs)
  note(since + policy.burnAfterMs)
}
