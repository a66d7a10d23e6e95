import { ConnectorError } from '@kms-connector/protocol'
import { backOff } from './backoff.ts'
import { faultText, publishFault } from './brokerError.ts'

/** Without a signal of the caller an operation gives up after this time, in milliseconds. */
const DEFAULT_DEADLINE_MS = 30_000

/**
 * Repeats a question, or a write that recognises itself, until the broker has answered it. A request that is under way
 * when a connection breaks is never answered, so once is not enough.
 * @param what named in the error
 * @param attempt throws a ConnectorError to end the repetition; anything else is tried again
 * @throws ConnectorError BROKER_UNAVAILABLE after 30 s or when the connection was closed; the reason of `signal`
 */
export async function untilCertain<T>(what: string, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + DEFAULT_DEADLINE_MS
  for (let i = 0; ; i++) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (fault) {
      if (fault instanceof ConnectorError) throw fault
      const expired = !signal && performance.now() > deadline
      if (expired || publishFault(fault) === 'closed') {
        throw new ConnectorError('BROKER_UNAVAILABLE', `${what}: ${faultText(fault)}`, {}, fault)
      }
    }
    await backOff(i, 50, 1_000, signal)
  }
}
