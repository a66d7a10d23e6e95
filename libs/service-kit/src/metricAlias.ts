import type { Metric } from 'prom-client'

export type LabelValues = Readonly<Record<string, string>>

/** Another name under which a metric is exported too, so that dashboards made for an earlier connector keep working. */
export interface MetricAlias {
  readonly name: string
  /** Makes a counter of a histogram: how many observations, or their sum. The whole metric when left out. */
  readonly of?: 'count' | 'sum'
  /** Labels under the other name; undefined leaves a series out. Series that end up with the same labels are added. */
  readonly labels: (labels: LabelValues) => LabelValues | undefined
}

interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number | undefined>>
  /** Of histograms: the name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string
}

/**
 * The metric under its other name. It holds no numbers of its own: each scrape reads those of the source.
 * @param source a counter, gauge or histogram
 */
export function aliasOf(source: Metric, alias: MetricAlias): Metric {
  const get = async () => {
    // A gauge is collected by its own scrape; reading it here collects it once more, which is a read.
    const { name, help, type, aggregator, values } = await source.get()
    const samples = renamed(values, name, alias)
    return { name: alias.name, help, type: alias.of === undefined ? type : 'counter', aggregator, values: samples }
  }
  // CAST: a registry asks a metric for its name and for `get`, and nothing else.
  return { name: alias.name, get } as unknown as Metric
}

/** Pure: what the samples of a metric are under its other name. */
export function renamed(samples: readonly Sample[], name: string, alias: MetricAlias): readonly Sample[] {
  const sums = new Map<string, Sample & { value: number }>()
  for (const { labels, value, metricName } of samples) {
    const part = metricName?.slice(name.length + 1)
    if (alias.of !== undefined && part !== alias.of) continue
    const { le, ...own } = labels
    const texts = Object.fromEntries(Object.entries(own).map(([label, text]) => [label, String(text)]))
    const mapped = alias.labels(texts)
    if (!mapped) continue
    const whole = le === undefined ? mapped : { le, ...mapped }
    const metric = alias.of === undefined && part !== undefined ? `${alias.name}_${part}` : undefined
    const key = JSON.stringify([metric, Object.entries(whole).sort()])
    const known = sums.get(key)
    if (known) known.value += value
    else sums.set(key, { value, labels: whole, ...(metric === undefined ? {} : { metricName: metric }) })
  }
  return [...sums.values()]
}
