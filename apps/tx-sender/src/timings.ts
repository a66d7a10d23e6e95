/** Whether nodes keep transactions that cannot be mined yet. */
export type Mempool = 'none' | 'present'

export interface Timings {
  readonly mempool: Mempool
  /** Transactions being given to the node at once. */
  readonly sendAhead: number
  /** Pause before bytes are sent again that a node refused because a nonce below them is missing. */
  readonly tooEarlyMs: number
  /** A head slot that a node accepted but did not mine is sent again, the same bytes, after this long. */
  readonly resendAfterMs: number
  /** After this long without being mined, the contract is asked again about the answer at the head. */
  readonly stallAfterMs: number
  /** Dearer transactions for the answer at the head, at most. */
  readonly maxBumps: number
  /** An answer at the head that nothing moves is replaced by a transfer to ourselves after this long. */
  readonly burnAfterMs: number
  /** A nonce that nobody owns below an open slot is consumed by a transfer to ourselves after this long. */
  readonly gapAfterMs: number
}

/**
 * - `none`: an Arbitrum sequencer. First come, first served, so a higher fee moves nothing; a nonce that arrives early is
 *   held for about a second and then refused; what was accepted is mined within a second or never. The node answers to a
 *   transaction when it is in a block, so what is given to it at once is what a block takes.
 * - `present`: Ethereum. Blocks come every 12 seconds and prefer higher fees; nodes queue early nonces and take a
 *   replacement only when it pays a tenth more. geth queues 64 early nonces of an account, and drops more without a word.
 */
const PROFILES: Readonly<Record<Mempool, Timings>> = {
  none: {
    mempool: 'none',
    sendAhead: 128,
    tooEarlyMs: 1_000,
    resendAfterMs: 5_000,
    stallAfterMs: 15_000,
    maxBumps: 0,
    burnAfterMs: 60_000,
    gapAfterMs: 3_000,
  },
  present: {
    mempool: 'present',
    sendAhead: 64,
    tooEarlyMs: 4_000,
    resendAfterMs: 60_000,
    stallAfterMs: 36_000,
    maxBumps: 8,
    burnAfterMs: 600_000,
    gapAfterMs: 36_000,
  },
}

/** @param overrides what the settings say otherwise; undefined keeps the profile's value */
export function timingsOf(
  mempool: Mempool,
  overrides: { readonly [Name in 'sendAhead' | 'resendAfterMs' | 'stallAfterMs' | 'burnAfterMs']: number | undefined },
): Timings {
  const profile = PROFILES[mempool]
  return {
    ...profile,
    sendAhead: overrides.sendAhead ?? profile.sendAhead,
    resendAfterMs: overrides.resendAfterMs ?? profile.resendAfterMs,
    stallAfterMs: overrides.stallAfterMs ?? profile.stallAfterMs,
    burnAfterMs: overrides.burnAfterMs ?? profile.burnAfterMs,
  }
}
