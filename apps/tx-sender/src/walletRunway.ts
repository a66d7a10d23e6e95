/** What the wallet owned at one moment. */
export interface BalanceSample {
  /** Milliseconds. */
  readonly at: number
  readonly wei: bigint
}

/** Spending of the last six hours counts: longer than a burst, short enough to notice a new pace the same day. */
export const RUNWAY_WINDOW_MS = 6 * 3_600_000
/** Less than this says nothing about a rate. */
const SHORTEST_MS = 600_000

/**
 * How long the balance lasts at the rate at which it went down. What comes in is no spending and does not slow the rate;
 * what was spent between two samples with a top-up in between goes unnoticed, up to the amount of the top-up.
 * @param samples in ascending order of time
 * @returns seconds, Infinity while nothing is spent; undefined when the samples cover less than ten minutes
 */
export function runwaySeconds(samples: readonly BalanceSample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at - first.at < SHORTEST_MS) return undefined
  let spent = 0n
  for (const [i, { wei }] of samples.entries()) {
    const before = samples[i - 1]
    if (before && before.wei > wei) spent += before.wei - wei
  }
  if (spent === 0n) return Number.POSITIVE_INFINITY
  const seconds = (last.at - first.at) / 1000
  return (Number(last.wei) / Number(spent)) * seconds
}

/** @returns the samples with a new one, those before the window left out */
export function withSample(samples: readonly BalanceSample[], sample: BalanceSample): readonly BalanceSample[] {
  return [...samples.filter(({ at }) => at >= sample.at - RUNWAY_WINDOW_MS), sample]
}
