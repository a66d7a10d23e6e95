import { ConnectorError } from '@kms-connector/protocol'
import type { Slot } from './senderState.ts'

/** How the answer goes on whose nonce was consumed by a transfer to ourselves. */
export type AfterBurn =
  | { readonly kind: 'bury'; readonly error: ConnectorError }
  /** The chain has it from another transaction; asking for it again finds that out. */
  | { readonly kind: 'ask-again' }
  /** Uses up budget like a refusal of the contract. */
  | { readonly kind: 'refused'; readonly error: ConnectorError }

/**
 * Pure: what follows for the answer. Where nodes refuse or never mine what the contract would take, the next nonce may well
 * end like this one: without a budget, an answer could burn one nonce after the other for ever.
 */
export function afterBurn({ review, record: { nonce } }: Pick<Slot, 'review' | 'record'>): AfterBurn {
  if (review?.fate) return { kind: 'bury', error: review.fate }
  if (review?.verdict === 'useless') return { kind: 'ask-again' }
  const detail = `no transaction with this answer was mined, its nonce ${nonce} had to be burned`
  return { kind: 'refused', error: new ConnectorError('RPC_REJECTED', detail, { nonce }) }
}
