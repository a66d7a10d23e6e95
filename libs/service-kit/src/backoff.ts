/** How the pauses between attempts grow. */
export interface BackoffPolicy {
  /** Pause after the first failed attempt, in ms. */
  readonly firstMs: number
  /** No pause is longer than this, in ms. */
  readonly maxMs: number
  /** Each pause is this many times the one before; 2 when left out. */
  readonly factor?: number
  /** Share of the pause that is random, 0 to 1; 0.5 when left out, so that processes that failed together spread out. */
  readonly jitter?: number
}

/**
 * The pause before the next attempt, in ms. Pure: randomness comes in as an argument.
 *
 * @param attempt number of attempts that failed so far, from 1
 * @param random a number in [0, 1)
 * Invariant: `(1 - jitter) * grown <= result <= grown <= maxMs`.
 */
export function backoffDelay(policy: BackoffPolicy, attempt: number, random: number): number {
  const { firstMs, maxMs, factor = 2, jitter = 0.5 } = policy
  const grown = Math.min(maxMs, firstMs * factor ** Math.max(0, Math.min(attempt, 1_000) - 1))
  return Math.round(grown * (1 - jitter * random))
}
