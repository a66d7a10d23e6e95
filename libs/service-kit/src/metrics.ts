import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client'
import { aliasOf } from './metricAlias.ts'
import { type MetricDeclaration, type MetricType, metricNameFault } from './metricNames.ts'

/** Calls to something near: broker, database, cache. In seconds. */
export const BUCKETS_NEAR = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** Calls over the internet: RPC endpoints, buckets. In seconds. */
export const BUCKETS_FAR = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const
/** A whole request, from the block it was asked in to the block it was answered in. In seconds. */
export const BUCKETS_REQUEST = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 900] as const
/** Key management, which may take days. In seconds. */
export const BUCKETS_LONG = [1, 10, 60, 300, 900, 3_600, 14_400, 86_400, 604_800] as const
/** Sizes from a signature to a compressed ciphertext. In bytes. */
export const BUCKETS_BYTES = [
  64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 16_777_216, 67_108_864,
] as const
/** Batches up to the largest of the pipeline. */
export const BUCKETS_BATCH = [1, 2, 4, 8, 16, 32, 64] as const

/**
 * The metrics of one process. Declare all of them in one place per process, in the order of a request's journey, so that
 * every series exists from the start.
 */
export interface Metrics {
  /** For libraries that register their own metrics. */
  readonly registry: Registry
  /** Everything that was declared, in that order, for the documentation. */
  readonly declared: readonly DeclaredMetric[]
  counter<const L extends string = never>(declared: MetricDeclaration & { readonly labels?: readonly L[] }): Counter<L>
  /** @param collect sets the gauge when it is scraped */
  gauge<const L extends string = never>(declared: GaugeDeclaration<L>): Gauge<L>
  histogram<const L extends string = never>(
    declared: MetricDeclaration & { readonly labels?: readonly L[]; readonly buckets: readonly number[] },
  ): Histogram<L>
}

export interface DeclaredMetric extends MetricDeclaration {
  readonly type: MetricType
  readonly buckets?: readonly number[]
}

export interface GaugeDeclaration<L extends string> extends MetricDeclaration {
  readonly labels?: readonly L[]
  readonly collect?: (gauge: Gauge<L>) => void | Promise<void>
}

export interface Identity {
  readonly name: string
  readonly version: string
  /** Commit the build was made from. */
  readonly build: string
}

/** A gauge is absent until it was set: prom-client would start with 0, which reads like an empty wallet. */
function unknown<L extends string>(gauge: Gauge<L>, labels: readonly L[]): Gauge<L> {
  if (labels.length === 0) gauge.remove({})
  return gauge
}

/**
 * Creates a registry with the metrics of the Node process and `kms_connector_build_info`.
 *
 * Declaring a metric throws an Error when it breaks the naming rules or exists already: a fault of the program.
 * @param options.aliases whether metrics are exported under their other names, too
 */
export function createMetrics({ name, version, build }: Identity, { aliases = true } = {}): Metrics {
  const registry = new Registry()
  const declared: DeclaredMetric[] = []
  collectDefaultMetrics({ register: registry })
  const declare = (
    type: MetricType,
    declaration: MetricDeclaration,
    more: { readonly buckets?: readonly number[] } = {},
  ) => {
    const { name, help, labels = [], aliases: others = [] } = declaration
    const fault = metricNameFault(type, declaration)
    if (fault !== undefined) throw new Error(`metric ${name}: ${fault}`)
    declared.push({ type, name, help, labels, aliases: others, ...more })
  }
  const exported = <M>(metric: M, { aliases: others = [] }: MetricDeclaration): M => {
    // CAST: prom-client's own type leaves out the labels, which aliases do not need.
    if (aliases) for (const alias of others) registry.registerMetric(aliasOf(metric as unknown as Metric, alias))
    return metric
  }
  const metrics: Metrics = {
    registry,
    declared,
    counter(declaration) {
      declare('counter', declaration)
      const { name, help, labels = [] } = declaration
      return exported(new Counter({ name, help, labelNames: labels, registers: [registry] }), declaration)
    },
    gauge<L extends string>(declaration: GaugeDeclaration<L>): Gauge<L> {
      declare('gauge', declaration)
      const { name, help, labels = [], collect } = declaration
      const configuration = { name, help, labelNames: labels, registers: [registry] }
      if (collect === undefined) return exported(unknown(new Gauge(configuration), labels), declaration)
      const collected: Gauge<L> = new Gauge<L>({
        ...configuration,
        collect(): void | Promise<void> {
          return collect(collected)
        },
      })
      return exported(collected, declaration)
    },
    histogram(declaration) {
      const { name, help, labels = [], buckets } = declaration
      declare('histogram', declaration, { buckets })
      const configuration = { name, help, labelNames: labels, buckets: [...buckets], registers: [registry] }
      return exported(new Histogram(configuration), declaration)
    },
  }
  metrics
    .gauge({
      name: 'kms_connector_build_info',
      help: 'Always 1; the labels tell which build of which process runs.',
      labels: ['service', 'version', 'build'],
    })
    .set({ service: name, version, build }, 1)
  return metrics
}
