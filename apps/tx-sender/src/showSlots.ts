import type { SenderMetrics } from './metrics.ts'
import { isGapTooWide } from './planGap.ts'
import type { Sender } from './sender.ts'
import { isOpen, type SenderState, type Slot } from './senderState.ts'

/** Far below the pause between two scrapes. */
const SHOW_EVERY_MS = 250

/** Shows the picture of the sender now and then: answers, slots and nonces. */
export async function showSlots({ state, with: { metrics }, wake }: Sender, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    show(metrics, state, Date.now())
    await wake.sleep(SHOW_EVERY_MS, signal)
  }
}

function show(metrics: SenderMetrics, state: SenderState, now: number): void {
  const slots = [...state.slots.values()]
  const open = slots.filter(isOpen)
  metrics.gap.set(isGapTooWide(state, now) ? 1 : 0)
  metrics.inbox.set(state.inbox.size)
  metrics.window.set(open.length)
  metrics.headSlotAge.set(headSlotAgeSeconds(open, now))
  metrics.nextNonce.set(
    Math.max(state.nonceFloor, state.chain?.latestNonce ?? 0, ...slots.map(s => s.record.nonce + 1)),
  )
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
