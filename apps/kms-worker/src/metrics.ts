import { BUCKETS_BATCH, BUCKETS_REQUEST, type Metrics, rpcMetrics } from '@kms-connector/service-kit'

/** The journey of a request through a worker: taken, checked, fetched, computed by the Core, verified, settled. */
export function workerMetrics(metrics: Metrics) {
  return {
    rpc: rpcMetrics(metrics),
    batchSize: metrics.histogram({
      name: 'kms_connector_worker_batch_requests',
      help: 'Number of requests that were taken up together.',
      labels: ['operation'],
      buckets: BUCKETS_BATCH,
    }),
    stepSeconds: metrics.histogram({
      name: 'kms_connector_worker_step_seconds',
      help: 'Duration of one step of a request in seconds; the fetch happens within the submit step.',
      labels: ['operation', 'step'],
      buckets: BUCKETS_REQUEST,
    }),
    coreCallSeconds: metrics.histogram({
      name: 'kms_connector_worker_core_call_seconds',
      help: 'Duration of calls to the KMS Core in seconds, by method, shard and gRPC status.',
      labels: ['method', 'shard', 'status'],
      buckets: BUCKETS_REQUEST,
    }),
    payloadBytes: metrics.gauge({
      name: 'kms_connector_worker_ciphertext_bytes_held',
      help: 'Bytes of ciphertexts that were received and that the KMS Core has not accepted yet.',
      labels: [],
    }),
    sourceFaults: metrics.counter({
      name: 'kms_connector_worker_ciphertext_source_faults_total',
      help: 'Buckets that did not serve a ciphertext as it should be, also where another one did.',
      labels: ['code'],
    }),
    settled: metrics.counter({
      name: 'kms_connector_worker_requests_settled_total',
      help: 'Requests by how this worker settled them: ack when answered, nak to be tried again, dead when given up.',
      labels: ['operation', 'settlement', 'code'],
    }),
    stalls: metrics.counter({
      name: 'kms_connector_worker_publish_stalls_total',
      help: 'Attempts to publish that the broker did not confirm and that were repeated.',
      labels: ['code'],
    }),
  }
}

export type WorkerMetrics = ReturnType<typeof workerMetrics>
