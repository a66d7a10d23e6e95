import type { Action } from './action.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'

/**
 * Consumed nonces are looked up, also those that were mined before the chain went back; mined slots that are deep enough
 * are settled.
 */
export function planReceipts(
  slots: readonly Slot[],
  { chain }: SenderState,
  policy: SenderPolicy,
  now: number,
): Action[] {
  if (!chain) return []
  const idle = slots.filter(slot => !slot.busy && slot.notBefore <= now)
  const unsure = idle.filter(slot => {
    const consumed = slot.record.nonce < chain.latestNonce
    return slot.state === 'mined' ? !consumed && chain.doubtSince === undefined : consumed
  })
  const deep = idle.filter(
    slot =>
      slot.state === 'mined' &&
      !unsure.includes(slot) &&
      slot.mined &&
      chain.headBlock >= slot.mined.blockNumber + policy.confirmations - 1,
  )
  return [
    ...(unsure.length > 0 ? [{ kind: 'find-receipts', nonces: unsure.map(s => s.record.nonce) } as const] : []),
    ...deep.map(s => ({ kind: 'settle', nonce: s.record.nonce }) as const),
  ]
}
