import type { OperationGroup } from '@kms-connector/protocol'

export interface RetryPolicy {
  /** Delays by attempt in milliseconds; the last one repeats. */
  readonly delaysMs: readonly number[]
  /** Random share added or taken, so that messages that failed together do not come back together. */
  readonly jitter: number
  /** A message is given up when attempts AND age exceed the budget; undefined never gives up. */
  readonly budget: { readonly attempts: number; readonly ageMs: number } | undefined
}

export type RetryDecision = { readonly kind: 'again'; readonly delayMs: number } | { readonly kind: 'exhausted' }

const DELAYS_MS = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000]

/** Ten attempts take about five minutes; the age makes sure that a short outage of a backend costs no request. */
export const DECRYPTION_RETRY: RetryPolicy = {
  delaysMs: DELAYS_MS,
  jitter: 0.2,
  budget: { attempts: 10, ageMs: 3_600_000 },
}
/** Key material is never dropped. */
export const KEY_MANAGEMENT_RETRY: RetryPolicy = { delaysMs: DELAYS_MS, jitter: 0.2, budget: undefined }

export function retryPolicyOf(group: OperationGroup): RetryPolicy {
  return group === 'decryption' ? DECRYPTION_RETRY : KEY_MANAGEMENT_RETRY
}

/**
 * @param attempt deliveries so far, counted from 1. A broker crash can set the count back, so it is never trusted alone.
 * @param ageMs milliseconds since the message was first stored
 * @param random number in [0, 1)
 */
export function decideRetry(attempt: number, ageMs: number, policy: RetryPolicy, random: number): RetryDecision {
  const { budget, delaysMs, jitter } = policy
  if (budget && attempt >= budget.attempts && ageMs >= budget.ageMs) return { kind: 'exhausted' }
  const delay = delaysMs[Math.min(Math.max(attempt, 1), delaysMs.length) - 1] ?? 0
  return { kind: 'again', delayMs: Math.round(delay * (1 + jitter * (2 * random - 1))) }
}
