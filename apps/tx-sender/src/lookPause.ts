/** Looks at a large picture take at most one part in so many of the time. */
const SHARE = 20
const LONGEST_MS = 5
/** Timers know no less. */
const SHORTEST_MS = 1
/** Answers and slots that are looked through in no time. */
const FEW = 64

/**
 * Pure: a look costs as much as the picture is large. Where thousands of answers move at once, one look serves what happened
 * in a millisecond or two; where a few do, every one of them is looked at at once.
 * @param lookMs how long the last look took, milliseconds
 * @param size answers and slots in the picture
 * @returns milliseconds from the end of that look to the next one
 */
export function pauseAfterLook(lookMs: number, size: number): number {
  if (size <= FEW) return 0
  const pauseMs = Math.min(lookMs * SHARE, LONGEST_MS)
  return pauseMs < SHORTEST_MS ? 0 : pauseMs
}
