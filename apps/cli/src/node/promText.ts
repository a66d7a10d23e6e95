/** One line of a Prometheus text page. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Reads a page of metrics; lines that are no samples are left out. Pure and total. */
export function samplesOf(page: string): Sample[] {
  return page.split('\n').flatMap(line => {
    const [, name, labels = '', text] = LINE.exec(line) ?? []
    const value = Number(text)
    if (name === undefined || Number.isNaN(value)) return []
    return [{ name, labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', v = '']) => [key, v])), value }]
  })
}

/**
 * A quantile of a histogram, interpolated within its bucket as Prometheus does.
 * @param buckets samples of one `_bucket` metric, of any number of processes and labels
 * @param share 0.99 for the value that 99 of 100 do not exceed
 * @returns undefined without observations; the highest bound when it lies beyond it
 */
export function quantileOf(buckets: readonly Sample[], share: number): number | undefined {
  const counts = new Map<number, number>()
  for (const { labels, value } of buckets) {
    const text = labels.get('le')
    const bound = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
    counts.set(bound, (counts.get(bound) ?? 0) + value)
  }
  const sorted = [...counts].toSorted(([a], [b]) => a - b)
  const total = sorted.at(-1)?.[1] ?? 0
  if (total === 0) return undefined
  let [low, below] = [0, 0]
  for (const [bound, count] of sorted) {
    if (count >= share * total) {
      if (!Number.isFinite(bound)) return low
      return low + ((bound - low) * (share * total - below)) / Math.max(1, count - below)
    }
    low = bound
    below = count
  }
  return low
}
