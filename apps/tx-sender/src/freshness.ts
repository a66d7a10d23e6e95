/**
 * Pure: whether what was read at a time is young enough. A clock that was set back makes it older than it can be known,
 * not young for as long as the clock needs to come back.
 */
export function isFresh(at: number, now: number, maxAgeMs: number): boolean {
  const ageMs = now - at
  return ageMs >= 0 && ageMs < maxAgeMs
}
