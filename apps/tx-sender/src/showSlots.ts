import type { SenderMetrics } from './metrics.ts'
import { isOpen, type SenderState, type Slot } from './senderState.ts'

/** Shows the picture of the sender: answers, slots and nonces. */
export function showSlots(metrics: SenderMetrics, state: SenderState, now: number): readonly Slot[] {
  const slots = [...state.slots.values()]
  const open = slots.filter(isOpen)
  metrics.inbox.set(state.inbox.size)
  metrics.window.set(open.length)
  metrics.headSlotAge.set(headSlotAgeSeconds(open, now))
  metrics.nextNonce.set(
    Math.max(state.nonceFloor, state.chain?.latestNonce ?? 0, ...slots.map(s => s.record.nonce + 1)),
  )
  return open
}

/** A sender that stands by has no picture: what it showed last would look like a sender that is stuck. */
export function forgetSlots(metrics: SenderMetrics): void {
  for (const gauge of [metrics.inbox, metrics.window, metrics.headSlotAge, metrics.feeCapped, metrics.gap]) gauge.set(0)
  metrics.parked.reset()
  metrics.nextNonce.remove({})
}

/** @returns seconds since the open slot with the lowest nonce was signed first; 0 without one */
export function headSlotAgeSeconds(open: readonly Pick<Slot, 'record'>[], now: number): number {
  let head = open[0]
  for (const slot of open) if (head && slot.record.nonce < head.record.nonce) head = slot
  return head ? Math.max(0, now - head.record.attempts[0].signedAt) / 1000 : 0
}
