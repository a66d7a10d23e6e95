import type { Receipt } from './receipts.ts'
import type { SenderPolicy, Slot } from './senderState.ts'

const LOOK_AGAIN_MS = 300

/** What a look for the receipt of a slot changes. */
export interface AfterLookUp {
  readonly slot: Partial<Slot>
  /** - `moved`: a mined transaction is in another block, or in none. `taken`: the nonce was used by something not ours. */
  readonly news: 'none' | 'moved' | 'taken'
}

/**
 * Pure: how a slot goes on after every transaction that was ever signed for it was asked for. A nonce is only given up
 * after many looks without a receipt, all of them answered: a node that lags knows the count before the receipt.
 * @param receipt of any of its transactions; undefined when the node knows none
 */
export function afterLookUp(slot: Slot, receipt: Receipt | undefined, policy: SenderPolicy, now: number): AfterLookUp {
  const moved = slot.mined !== undefined && slot.mined.blockHash !== receipt?.blockHash
  if (receipt) {
    return { slot: { state: 'mined', mined: receipt, missingReceipts: 0 }, news: moved ? 'moved' : 'none' }
  }
  if (moved) {
    // Sent again at once: the node that took it may have forgotten it with the block.
    const again = { state: 'signed', mined: undefined, notBefore: 0, waitingSince: undefined } as const
    return { slot: again, news: 'moved' }
  }
  const missingReceipts = slot.missingReceipts + 1
  if (missingReceipts >= policy.lostAfterChecks) return { slot: { state: 'lost', missingReceipts }, news: 'taken' }
  return { slot: { missingReceipts, notBefore: now + LOOK_AGAIN_MS }, news: 'none' }
}
