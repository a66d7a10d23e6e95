import { listenerMetrics, reconcileMetrics } from '@kms-connector/gw-listener'
import { workerMetrics } from '@kms-connector/kms-worker'
import { statusMetrics } from '@kms-connector/request-status'
import { createMetrics, type DeclaredMetric, type Metrics } from '@kms-connector/service-kit'
import { senderMetrics } from '@kms-connector/tx-sender'

/** What each service declares on an empty registry. Nothing is started for that. */
const SERVICES: readonly (readonly [service: string, declare: (metrics: Metrics) => unknown])[] = [
  ['gw-listener', metrics => [listenerMetrics(metrics), reconcileMetrics(metrics)]],
  ['kms-worker', metrics => workerMetrics(metrics, () => [])],
  ['tx-sender', senderMetrics],
  ['request-status', metrics => statusMetrics(metrics, () => 0)],
]

/** The metrics of every service, in the order of the journey of a request. */
export function declaredMetrics(): ReadonlyMap<string, readonly DeclaredMetric[]> {
  return new Map(
    SERVICES.map(([service, declare]) => {
      const metrics = createMetrics({ name: service, version: '', build: '' })
      declare(metrics)
      return [service, metrics.declared]
    }),
  )
}

/** A metric and the services that have it. */
export interface KnownMetric {
  readonly metric: DeclaredMetric
  readonly services: readonly string[]
}

/** Every metric once, by name; one that several services have is declared the same in all of them. */
export function knownMetrics(): ReadonlyMap<string, KnownMetric> {
  const known = new Map<string, KnownMetric>()
  for (const [service, metrics] of declaredMetrics()) {
    for (const metric of metrics) {
      const before = known.get(metric.name)
      known.set(metric.name, { metric, services: [...(before?.services ?? []), service] })
    }
  }
  return known
}
