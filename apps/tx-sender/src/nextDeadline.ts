import { isOpen, type SenderPolicy, type SenderState, type Slot, settledUpTo } from './senderState.ts'

/** @returns milliseconds until time alone makes the plan different; undefined when only an event can */
export function nextDeadline(state: SenderState, policy: SenderPolicy, now: number): number | undefined {
  const times: number[] = []
  let settled = settledUpTo(state) > state.checkpoint
  for (const slot of state.slots.values()) {
    if (!isOpen(slot)) settled = true
    else if (!slot.busy) times.push(...slotTimes(slot, policy))
  }
  for (const entry of state.inbox.values()) {
    if (entry.state === 'waiting' && !entry.busy) times.push(entry.notBefore)
    if (entry.state === 'ready') times.push(state.commitNotBefore)
  }
  if (settled) times.push(state.checkpointedAt + policy.checkpointEveryMs)
  if (state.park) times.push(state.park.until)
  if (state.gapSince !== undefined) times.push(state.gapSince + policy.gapAfterMs, state.commitNotBefore)
  if (state.pending) times.push(state.pending.until)
  const future = times.filter(t => t > now)
  return future.length === 0 ? undefined : Math.min(...future) - now
}

function slotTimes(slot: Slot, policy: SenderPolicy): number[] {
  if (slot.state !== 'accepted') return [slot.notBefore]
  const sentAt = slot.sentAt ?? 0
  const times = [slot.notBefore, sentAt + policy.tooEarlyMs, sentAt + policy.resendAfterMs]
  if (slot.waitingSince !== undefined) times.push(slot.waitingSince + policy.stallAfterMs)
  if (slot.firstSentAt !== undefined) times.push(slot.firstSentAt + policy.burnAfterMs)
  return times
}
