import type { KnownMetric } from './declaredMetrics.ts'
import { readPromql } from './promql.ts'

/** Labels that come from the scrape and not from us. */
const SCRAPE_LABELS = ['namespace', 'job', 'instance', 'pod', 'le']
/** Metrics that Prometheus makes itself, and those of the Node process, which a library exports. */
const FOREIGN = /^(ALERTS|up|process_\w+|nodejs_\w+)$/

/** An expression and where it stands. */
export interface Used {
  readonly where: string
  readonly expr: string
}

/** Pure: expressions that cannot be read, or that read what no service exports. */
export function useFaults(used: readonly Used[], known: ReadonlyMap<string, KnownMetric>): readonly string[] {
  return used.flatMap(({ where, expr }) => {
    const { fault, metrics, labels } = readPromql(expr)
    if (fault !== undefined) return [`${where}: ${fault} in ${expr}`]
    const found = metrics
      .filter(name => !FOREIGN.test(name))
      .map(name => ({ name, metric: knownAs(name, known)?.metric }))
    const unknown = found
      .filter(({ metric }) => !metric)
      .map(({ name }) => `${where}: ${name} is exported by no service`)
    const names = new Set([...SCRAPE_LABELS, ...found.flatMap(({ metric }) => metric?.labels ?? [])])
    const strange = labels
      .filter(label => !names.has(label))
      .map(label => `${where}: no metric in it has the label ${label}`)
    return [...unknown, ...strange]
  })
}

/** Pure: metrics that no expression reads. */
export function unusedMetrics(used: readonly Used[], known: ReadonlyMap<string, KnownMetric>): readonly string[] {
  const read = new Set(
    used.flatMap(({ expr }) => readPromql(expr).metrics).map(name => knownAs(name, known)?.metric.name),
  )
  return [...known.keys()].filter(name => !read.has(name))
}

/** A histogram is read by the names of its parts. */
function knownAs(name: string, known: ReadonlyMap<string, KnownMetric>): KnownMetric | undefined {
  const part = known.get(name.replace(/_(bucket|sum|count)$/, ''))
  return part?.metric.type === 'histogram' ? part : known.get(name)
}
