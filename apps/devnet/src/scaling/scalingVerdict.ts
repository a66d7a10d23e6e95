/** What one wave showed. */
export interface WaveResult {
  readonly what: string
  readonly replicas: number
  readonly requests: number
  /** Answers of the measured window and its length. */
  readonly answers: number
  readonly seconds: number
  /** Answers that each replica gave in this wave, those that ended before it did left out. */
  readonly shares: ReadonlyMap<string, number>
  readonly churn: boolean
  /** Part of the processor time of this machine that was in use, 0 to 1. */
  readonly busy: number
}

/** Times the rate of one replica that so many replicas must reach. */
const LEAST_RATIO: ReadonlyMap<number, number> = new Map([
  [2, 1.9],
  [4, 3.6],
])
/** Part of what the Core allows that one replica must reach, or the machine and not the Core was the limit of the comparison. */
const LEAST_BASE = 0.75
/** Part of an equal share that every replica must have answered. */
const LEAST_SHARE = 0.5

export function rateOf({ answers, seconds }: WaveResult): number {
  return answers / seconds
}

/** @returns how many times as fast as the first wave */
export function ratioOf(result: WaveResult, first: WaveResult): number {
  return rateOf(result) / rateOf(first)
}

/**
 * Judges the rates: pure.
 * @param ceiling requests a second that the Core allows one replica
 * @returns a sentence for each ratio that is too low, or one that says why they mean nothing
 */
export function ratioFaults(results: readonly WaveResult[], ceiling: number): string[] {
  const [first] = results
  if (!first) return ['nothing was measured']
  if (rateOf(first) < LEAST_BASE * ceiling) {
    const rate = `${rateOf(first).toFixed(1)}/s of ${ceiling.toFixed(1)}/s`
    return [
      `one replica reached ${rate}: this machine is too busy (${percent(first.busy)}) for ratios to mean anything`,
    ]
  }
  return results.flatMap(result => {
    const least = LEAST_RATIO.get(result.replicas)
    if (result.churn || least === undefined) return []
    const ratio = ratioOf(result, first)
    if (ratio >= least) return []
    const busy =
      result.busy > 0.9 ? `; the processors were ${percent(result.busy)} busy, so this machine was the limit` : ''
    return [`${result.what}: ${ratio.toFixed(2)} times the rate of one replica, at least ${least} expected${busy}`]
  })
}

/** Judges who did the work: pure. @returns a sentence for each replica that was left idle or nearly so */
export function idleFaults(results: readonly WaveResult[]): string[] {
  return results.flatMap(({ what, shares, churn, requests }) => {
    // Those that were started under load had less time; they must have worked all the same.
    const least = churn ? 1 : (LEAST_SHARE * requests) / shares.size
    return [...shares].flatMap(([name, count]) =>
      count >= least
        ? []
        : [`${what}: ${name} answered ${count} of ${requests}, at least ${Math.ceil(least)} expected`],
    )
  })
}

/** Rows of the table: what, replicas, requests, rate, ratio, shares, processors. Pure. */
export function scalingRows(results: readonly WaveResult[]): string[][] {
  const [first] = results
  return results.map(result => [
    result.what,
    String(result.replicas),
    String(result.requests),
    `${rateOf(result).toFixed(1)}/s`,
    first && !result.churn ? ratioOf(result, first).toFixed(2) : '',
    [...result.shares.values()].join(' '),
    percent(result.busy),
  ])
}

export const SCALING_HEADER = ['', 'replicas', 'requests', 'rate', 'ratio', 'answered by each', 'processors']

function percent(part: number): string {
  return `${Math.round(100 * part)} %`
}
