import { type ConnectorError, toConnectorError } from '@kms-connector/protocol'
import { type BackoffPolicy, backoffDelay } from './backoff.ts'
import { sleep } from './sleep.ts'

export interface RetryOptions {
  /** Attempts altogether; `Infinity` for work that must become certain. */
  readonly attempts: number
  readonly backoff: BackoffPolicy
  readonly signal: AbortSignal
  /** Which faults are worth another attempt; by default those whose disposition is `retry`. */
  readonly worthRetrying?: (fault: ConnectorError) => boolean
  /** Told about every failed attempt that will be repeated, for logs and metrics. */
  readonly onRetry?: (fault: ConnectorError, attempt: number, delayMs: number) => void
}

/**
 * Repeats work until it succeeds.
 *
 * @throws the last fault when attempts are used up or it is not worth retrying; the signal's reason when aborted
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, backoff, signal, worthRetrying = fault => fault.disposition === 'retry', onRetry } = options
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await work(attempt)
    } catch (fault) {
      signal.throwIfAborted()
      const known = toConnectorError(fault)
      if (attempt >= attempts || !worthRetrying(known)) throw fault
      const delayMs = backoffDelay(backoff, attempt, Math.random())
      onRetry?.(known, attempt, delayMs)
      await sleep(delayMs, signal)
    }
  }
}
