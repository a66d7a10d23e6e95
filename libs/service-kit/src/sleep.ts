import { setTimeout as wait } from 'node:timers/promises'

/** Node fires timers beyond 2^31-1 ms at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Waits.
 *
 * @param ms how long, in ms; any length
 * @param signal ends the wait early
 * @throws the reason of the signal when it is aborted before the time is over
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let rest = Math.max(0, ms)
  do {
    signal?.throwIfAborted()
    const step = Math.min(rest, LONGEST_TIMER_MS)
    try {
      await wait(step, undefined, signal === undefined ? {} : { signal })
    } catch (fault) {
      signal?.throwIfAborted()
      throw fault
    }
    rest -= step
  } while (rest > 0)
}
