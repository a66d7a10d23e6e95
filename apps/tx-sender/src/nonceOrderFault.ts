import type { NonceOrder } from './nonceOrder.ts'

/** Where the nonces of the wallet stand. */
export interface NonceFacts {
  /** Consumed on chain: all below. */
  readonly latest: number
  /** Consumed or waiting at the node: all below. */
  readonly pending: number
  /** Nonces of open slots, and whether what would be sent for them is a burn already. */
  readonly open: ReadonlyMap<number, 'answer' | 'burn'>
}

/**
 * Pure: why an order about a nonce must not be carried out. The command that gives it and the sender that carries it out
 * ask the same, because the chain moves in between.
 * @returns undefined when it may be
 */
export function nonceOrderFault(
  { action, nonce }: Pick<NonceOrder, 'action' | 'nonce'>,
  { latest, pending, open }: NonceFacts,
): string | undefined {
  if (nonce < latest) return `nonce ${nonce} is final: the chain has consumed every nonce below ${latest}`
  const above = Math.max(latest, ...[...open.keys()].map(taken => taken + 1))
  if (action === 'burn') {
    if (open.get(nonce) === 'burn') return `nonce ${nonce} is being burned already`
    if (nonce > above) return `nonce ${nonce} would leave a gap: the next one is ${above}`
    return undefined
  }
  const highest = Math.max(above, pending)
  if (nonce > highest)
    return `nothing uses the nonces up to ${nonce}: answers would wait for ever, ${highest} is the most`
  return undefined
}
