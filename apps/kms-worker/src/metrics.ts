import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import {
  BUCKETS_BATCH,
  BUCKETS_REQUEST,
  byEventType,
  eventType,
  type LabelValues,
  type MetricAlias,
  type Metrics,
  rpcMetrics,
} from '@kms-connector/service-kit'

/**
 * The journey of a request through a worker: taken, checked, fetched, computed by the Core, verified, settled.
 * @param held requests that this worker has in hand, by operation
 */
export function workerMetrics(metrics: Metrics, held: () => Iterable<readonly [operation: string, requests: number]>) {
  metrics.gauge({
    name: 'kms_connector_worker_requests_held',
    help: 'Requests that this worker has taken and not settled yet.',
    labels: ['operation'],
    collect: gauge => {
      for (const [operation, requests] of held()) gauge.set({ operation }, requests)
    },
  })
  return {
    rpc: rpcMetrics(metrics),
    batchSize: metrics.histogram({
      name: 'kms_connector_worker_batch_requests',
      help: 'Number of requests that were taken up together.',
      labels: ['operation'],
      buckets: BUCKETS_BATCH,
      aliases: [byEventType('kms_connector_worker_event_received_counter', 'sum')],
    }),
    stepSeconds: metrics.histogram({
      name: 'kms_connector_worker_step_seconds',
      help: 'Duration of one step of a request in seconds; the fetch happens within the submit step.',
      labels: ['operation', 'step'],
      buckets: BUCKETS_REQUEST,
    }),
    coreCallSeconds: metrics.histogram({
      name: 'kms_connector_worker_core_call_seconds',
      help: 'Duration of calls to the KMS Core in seconds, by phase (submit or poll), method, shard and gRPC status.',
      labels: ['phase', 'method', 'shard', 'status'],
      buckets: BUCKETS_REQUEST,
      aliases: [
        coreCalls('kms_connector_worker_grpc_request_sent_counter', 'submit', true),
        coreCalls('kms_connector_worker_grpc_request_sent_errors', 'submit', false),
        coreCalls('kms_connector_worker_grpc_response_polled_counter', 'poll', true),
        coreCalls('kms_connector_worker_grpc_response_polled_errors', 'poll', false),
      ],
    }),
    payloadBytes: metrics.gauge({
      name: 'kms_connector_worker_ciphertext_bytes_held',
      help: 'Bytes of ciphertexts that were received and that the KMS Core has not accepted yet.',
      labels: [],
    }),
    ciphertextsFetched: metrics.counter({
      name: 'kms_connector_worker_ciphertexts_fetched_total',
      help: 'Ciphertexts that were fetched from a bucket and had the digest that the request names.',
      aliases: [{ name: 'kms_connector_worker_s3_ciphertext_retrieval_counter', labels: () => ({}) }],
    }),
    sourceFaults: metrics.counter({
      name: 'kms_connector_worker_ciphertext_source_faults_total',
      help: 'Buckets that did not serve a ciphertext as it should be, also where another one did.',
      labels: ['code'],
      aliases: [{ name: 'kms_connector_worker_s3_ciphertext_retrieval_errors', labels: () => ({}) }],
    }),
    requestSeconds: metrics.histogram({
      name: 'kms_connector_worker_request_seconds',
      help: 'Time from the delivery of a request to this worker until its answer was stored, in seconds.',
      labels: ['operation'],
      buckets: BUCKETS_REQUEST,
      aliases: [byEventType('kms_connector_worker_decryption_latency_seconds', undefined, isDecryption)],
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

export type CorePhase = 'submit' | 'poll'

const POLLS = new Set<string | undefined>(OPERATIONS_V0_11.map(({ poll }) => poll))

/** A method of the KMS Core that asks for a result polls, every other one submits. */
export function corePhase(method: string): CorePhase {
  return POLLS.has(method) || method.startsWith('get') ? 'poll' : 'submit'
}

/** Calls to the Core under a name of the earlier connector. ALREADY_EXISTS means that the Core has the request. */
function coreCalls(name: string, phase: CorePhase, ok: boolean): MetricAlias {
  const labels = ({ phase: which, method, status }: LabelValues) => {
    const operation = OPERATIONS_V0_11.find(one => (phase === 'submit' ? one.submit : one.poll) === method)
    const succeeded = status === 'Ok' || status === 'AlreadyExists'
    return which === phase && succeeded === ok && operation ? { event_type: eventType(operation.name) } : undefined
  }
  return { name, of: 'count', labels }
}

function isDecryption({ operation }: LabelValues): boolean {
  return OPERATIONS_V0_11.some(one => one.name === operation && one.group === 'decryption')
}
