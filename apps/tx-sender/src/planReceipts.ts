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
  const unsure: number[] = []
  const settle: Action[] = []
  for (const slot of slots) {
    if (slot.busy || slot.notBefore > now) continue
    const { nonce } = slot.record
    const consumed = nonce < chain.latestNonce
    if (slot.state === 'mined' ? !consumed && chain.doubtSince === undefined : consumed) unsure.push(nonce)
    else if (slot.mined && slot.state === 'mined' && isDeep(slot.mined.blockNumber, chain.headBlock, policy)) {
      settle.push({ kind: 'settle', nonce })
    }
  }
  return unsure.length > 0 ? [{ kind: 'find-receipts', nonces: unsure }, ...settle] : settle
}

function isDeep(block: number, headBlock: number, { confirmations }: SenderPolicy): boolean {
  return headBlock >= block + confirmations - 1
}
