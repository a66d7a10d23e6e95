import type { Fees } from './fees.ts'

/** A burn uses a small part of the gas of an answer, so it costs less even where it pays twice as much per gas. */
const BURN_CEILING_FACTOR = 2n

export type Replacement =
  | { readonly kind: 'fees'; readonly fees: Fees }
  /** The market is above the ceiling: wait for cheaper blocks. */
  | { readonly kind: 'dear' }
  /** The ceiling leaves no room for a tenth more, which nodes demand of a replacement. */
  | { readonly kind: 'exhausted' }

export interface ReplacementTerms {
  /** Fees of the newest transaction of the nonce. */
  readonly old: Fees
  /** Fees that a new transaction would get now. */
  readonly quote: Fees & { readonly baseFee: bigint }
  /** Highest fee per gas of an answer, wei. */
  readonly ceiling: bigint
  /** For a transfer to ourselves. */
  readonly burn: boolean
}

/**
 * Pure: fees of a transaction that replaces another one of the same nonce: a tenth more than the old ones, or what the
 * market asks when that is more. Never below the old fees: nodes would refuse it, and the dearer one may be mined anyway.
 */
export function replacementFees({ old, quote, ceiling, burn }: ReplacementTerms): Replacement {
  const limit = burn ? ceiling * BURN_CEILING_FACTOR : ceiling
  if (quote.baseFee + quote.maxPriorityFeePerGas > limit) return { kind: 'dear' }
  const maxFeePerGas = most(aTenthMore(old.maxFeePerGas), quote.maxFeePerGas)
  if (maxFeePerGas > limit) return { kind: 'exhausted' }
  const maxPriorityFeePerGas = least(
    most(aTenthMore(old.maxPriorityFeePerGas), quote.maxPriorityFeePerGas),
    maxFeePerGas,
  )
  return { kind: 'fees', fees: { maxFeePerGas, maxPriorityFeePerGas } }
}

function aTenthMore(fee: bigint): bigint {
  return (fee * 110n) / 100n + 1n
}

function most(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}

function least(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}
