import { isOpen, type SenderState } from './senderState.ts'

/**
 * Nonces below are none of our business: consumed on chain (by what the chain says now or was ever seen to say), waiting
 * at the node since before the start, or left to others by an operator.
 */
export function takenBelow({ chain, nonceFloor, pending, adoptedFloor }: SenderState, now: number): number {
  const pendingFloor = pending && pending.until > now ? pending.below : 0
  return Math.max(chain?.latestNonce ?? 0, nonceFloor, pendingFloor, adoptedFloor)
}

/** The lowest nonces that neither the chain nor a slot has taken: a gap below is filled before anything above it. */
export function freeNonces(state: SenderState, count: number, now: number): number[] {
  const nonces: number[] = []
  for (let nonce = takenBelow(state, now); nonces.length < count; nonce++) {
    if (!state.slots.has(nonce)) nonces.push(nonce)
  }
  return nonces
}

/** @returns nonces that nobody owns below an open slot, which therefore cannot be mined; ascending, at most `most` */
export function gapNonces(state: SenderState, now: number, most: number): number[] {
  let highest = -1
  for (const slot of state.slots.values()) if (isOpen(slot)) highest = Math.max(highest, slot.record.nonce)
  const gaps: number[] = []
  for (let nonce = takenBelow(state, now); nonce < highest && gaps.length < most; nonce++) {
    if (!state.slots.has(nonce)) gaps.push(nonce)
  }
  return gaps
}
