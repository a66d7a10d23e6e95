/** A value at a moment. */
export interface Point {
  /** Milliseconds. */
  readonly at: number
  readonly value: number
}

const MS_AN_HOUR = 3_600_000
/** Part of a measurement that is left out: caches fill and code is compiled. */
const WARM_UP = 0.25
const MOST_WARM_UP_MS = 300_000

/**
 * How much a value grows in an hour, by least squares over all points behind the warm-up. Pure.
 * @returns NaN for fewer than two moments
 */
export function slopePerHour(points: readonly Point[]): number {
  const first = points[0]?.at ?? 0
  const last = points.at(-1)?.at ?? 0
  const from = first + Math.min(MOST_WARM_UP_MS, WARM_UP * (last - first))
  const warm = points.filter(({ at }) => at >= from)
  const mean = (of: (point: Point) => number) => warm.reduce((sum, point) => sum + of(point), 0) / warm.length
  const [meanAt, meanValue] = [mean(({ at }) => at), mean(({ value }) => value)]
  const covariance = warm.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - meanValue), 0)
  const variance = warm.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0)
  return (covariance / variance) * MS_AN_HOUR
}
