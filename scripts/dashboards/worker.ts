import type { Dashboard } from './dashboardJson.ts'
import { bad, lines, number, quantiles, rate } from './panel.ts'
import { rpcEndpoints } from './rpcEndpoints.ts'

export const WORKER: Dashboard = {
  name: 'worker',
  title: 'KMS Connector: worker',
  description: 'From the streams of requests through the KMS Core to the stream of answers.',
  rows: [
    {
      title: 'Backlog',
      panels: [
        number(
          'Oldest open request',
          's',
          'Age of the oldest request without an answer.',
          'max by (operation) (kms_connector_pipeline_oldest_request_seconds) > 0',
          { width: 12, thresholds: bad(60, 300) },
        ),
        number(
          'Open requests',
          'short',
          'Requests without an answer, all workers together.',
          'max by (operation) (kms_connector_pipeline_requests_open)',
          { width: 12 },
        ),
        lines('Held', 'short', 'Requests in the hands of workers.', [
          { expr: 'max by (operation) (kms_connector_pipeline_requests_held)', legend: '{{operation}} all' },
          {
            expr: 'sum by (operation, instance) (kms_connector_worker_requests_held)',
            legend: '{{operation}} {{instance}}',
          },
        ]),
        lines('Settled', 'reqps', 'ack: answered; nak: to be tried again; dead: given up.', [
          rate('kms_connector_worker_requests_settled_total', 'operation, settlement, code'),
        ]),
        lines('Delivery to answer', 's', 'Time a worker takes for a request.', [
          ...quantiles('kms_connector_worker_request_seconds', 'operation'),
        ]),
      ],
    },
    {
      title: 'Steps',
      panels: [
        lines('Steps', 's', 'Check, fetch (within submit), submit, poll, verify.', [
          ...quantiles('kms_connector_worker_step_seconds', 'step'),
        ]),
        lines('Batches', 'short', 'Requests taken up together.', [
          ...quantiles('kms_connector_worker_batch_requests', 'operation'),
        ]),
        lines('Waiting for NATS', 'reqps', 'Attempts to publish that were repeated.', [
          rate('kms_connector_worker_publish_stalls_total', 'code'),
        ]),
      ],
    },
    {
      title: 'KMS Core',
      panels: [
        lines(
          'Calls',
          'reqps',
          'By phase and gRPC status.',
          [rate('kms_connector_worker_core_call_seconds_count', 'phase, shard, status')],
          { width: 12 },
        ),
        lines(
          'Duration',
          's',
          'A poll that waits for a result may take a minute.',
          [...quantiles('kms_connector_worker_core_call_seconds', 'phase, shard')],
          { width: 12 },
        ),
      ],
    },
    {
      title: 'Ciphertexts and chains',
      panels: [
        lines('Ciphertexts', 'reqps', 'Fetched, and buckets that did not serve one.', [
          { expr: 'sum(rate(kms_connector_worker_ciphertexts_fetched_total[$__rate_interval]))', legend: 'fetched' },
          rate('kms_connector_worker_ciphertext_source_faults_total', 'code'),
        ]),
        lines('Ciphertext bytes held', 'bytes', 'Received, and not accepted by the KMS Core yet.', [
          { expr: 'kms_connector_worker_ciphertext_bytes_held', legend: '{{instance}}' },
        ]),
      ],
    },
    rpcEndpoints(),
  ],
}
