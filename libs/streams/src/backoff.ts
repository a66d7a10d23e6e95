import { setTimeout as sleep } from 'node:timers/promises'

/** Doubling delay between a floor and a ceiling, with the upper half random so that processes do not retry in step. */
export function backoffDelay(attempt: number, floorMs: number, ceilingMs: number, random: () => number): number {
  const full = Math.min(ceilingMs, floorMs * 2 ** Math.min(attempt, 30))
  return Math.round(full / 2 + (full / 2) * random())
}

/**
 * Waits for the backoff of an attempt.
 * @throws reason of the signal when it fires first
 */
export async function backOff(
  attempt: number,
  floorMs: number,
  ceilingMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const delay = backoffDelay(attempt, floorMs, ceilingMs, Math.random)
  try {
    await sleep(delay, undefined, signal ? { signal } : {})
  } catch (fault) {
    signal?.throwIfAborted()
    throw fault
  }
}
