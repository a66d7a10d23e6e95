import type { DeclaredMetric } from '@kms-connector/service-kit'
import { declaredMetrics, knownMetrics } from './declaredMetrics.ts'
import { code, GENERATED, table } from './markdown.ts'

const INTRODUCTION = [
  'Every service exports its metrics on `/metrics` of its `monitoring_endpoint`, in the Prometheus text format, together with those of the Node process (`process_*`, `nodejs_*`). Times are seconds, sizes bytes. A counter is 0 from the start, or absent until its labels were seen once. Labels have few values; ids are in the logs and traces.',
  'Numbers about a whole stream come from request-status and not from the workers: it only reads, so asking costs the broker the same whatever the number of workers, and it still answers when the service is down whose backlog is asked for. Several replicas export the same numbers; take the `max`.',
  'Dashboards are in [deploy/grafana](../deploy/grafana), alerts in [deploy/prometheus/rules.yaml](../deploy/prometheus/rules.yaml), and each alert has a [runbook](runbooks).',
]

const EARLIER =
  'Exported as well, as long as `earlier_metric_names` is on. Buckets of histograms are ours. The types of a request (`event_type`, `response_type`) are spelled as the earlier connector spelled them.'

/** Metrics of the earlier connector that have no other name here, and why. */
export const NOT_KEPT: readonly (readonly [name: string, why: string])[] = [
  [
    'kms_connector_gw_listener_event_received_errors',
    'It counted failed subscriptions by type of event. We read ranges of blocks for all types of a group together: see `kms_connector_rpc_call_seconds` and `kms_connector_listener_looked_timestamp_seconds`.',
  ],
  ['kms_connector_gw_listener_event_listening_errors', 'The same, by contract.'],
  [
    'kms_connector_worker_event_received_errors',
    'It counted failed reads of the database; there is none. Messages that cannot be read become dead letters.',
  ],
  [
    'kms_connector_worker_request_check_errors',
    'It counted failed checks by type of check. Ours are in `kms_connector_worker_requests_settled_total`, by error code.',
  ],
  ['kms_connector_tx_sender_response_received_errors', 'It counted failed reads of the database; there is none.'],
  [
    'kms_connector_tx_sender_gateway_tx_sent_errors',
    'One failed attempt there was one lost answer here and there. We count what nodes say by meaning, in `kms_connector_sender_send_verdicts_total`, and answers by how they end, in `kms_connector_sender_outcomes_total`.',
  ],
  [
    'kms_connector_pending_responses',
    'It counted rows by type, finished ones included. `kms_connector_pipeline_answers_open` counts unfinished answers, of all types together.',
  ],
  ['kms_connector_unprocessed_operations', 'It counted rows by table. See `kms_connector_pipeline_requests_open`.'],
]

/** The reference of metrics: what several services have once, then what each has of its own, then the other names. */
export function metricsReference(): string {
  const known = knownMetrics()
  const shared = [...known.values()].filter(({ services }) => services.length > 1)
  const own = [...declaredMetrics()].flatMap(([service, metrics]) => [
    `## ${service}`,
    metricTable(metrics.filter(({ name }) => known.get(name)?.services.length === 1)),
  ])
  const sharedRows = shared.map(({ metric, services }) => [...row(metric), services.join(', ')])
  return `${[
    GENERATED,
    '# Metrics',
    ...INTRODUCTION,
    '## Shared',
    table([...HEAD, 'Services'], sharedRows),
    ...own,
    '## Names of the earlier connector',
    EARLIER,
    table(['Earlier name', 'Type', 'Ours'], aliasRows()),
    'These names of it are not exported:',
    table(
      ['Earlier name', 'Why not'],
      NOT_KEPT.map(([name, why]) => [code(name), why]),
    ),
  ].join('\n\n')}\n`
}

const HEAD = ['Metric', 'Type', 'Labels', 'Meaning']

const metricTable = (metrics: readonly DeclaredMetric[]) => table(HEAD, metrics.map(row))

function row({ name, type, labels = [], help, buckets }: DeclaredMetric): string[] {
  const kind = buckets ? `${type}: ${buckets.join(', ')}` : type
  return [code(name), kind, labels.map(code).join(', '), help]
}

function aliasRows(): string[][] {
  return [...knownMetrics().values()].flatMap(({ metric: { name, type, aliases = [] } }) =>
    aliases.map(alias => {
      const part = alias.of === undefined ? name : `${name}_${alias.of}`
      return [code(alias.name), alias.of === undefined ? type : 'counter', code(part)]
    }),
  )
}
