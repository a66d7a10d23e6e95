import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenerMetrics } from '@kms-connector/gw-listener'
import { workerMetrics } from '@kms-connector/kms-worker'
import { statusMetrics } from '@kms-connector/request-status'
import { createMetrics } from '@kms-connector/service-kit'
import { senderMetrics } from '@kms-connector/tx-sender'
import { knownMetrics } from '../../scripts/declaredMetrics.ts'
import { NOT_KEPT } from '../../scripts/metricsReference.ts'

const IDENTITY = { name: 'test', version: '', build: '' }

/** Every metric that the earlier connector exported, in either of its generations. */
const EARLIER = [
  'kms_connector_gw_listener_event_received_counter',
  'kms_connector_gw_listener_event_received_errors',
  'kms_connector_gw_listener_event_listening_errors',
  'kms_connector_worker_event_received_counter',
  'kms_connector_worker_event_received_errors',
  'kms_connector_worker_grpc_request_sent_counter',
  'kms_connector_worker_grpc_request_sent_errors',
  'kms_connector_worker_grpc_response_polled_counter',
  'kms_connector_worker_grpc_response_polled_errors',
  'kms_connector_worker_s3_ciphertext_retrieval_counter',
  'kms_connector_worker_s3_ciphertext_retrieval_errors',
  'kms_connector_worker_request_check_errors',
  'kms_connector_worker_decryption_latency_seconds',
  'kms_connector_tx_sender_response_received_counter',
  'kms_connector_tx_sender_response_received_errors',
  'kms_connector_tx_sender_gateway_tx_sent_counter',
  'kms_connector_tx_sender_gateway_tx_sent_errors',
  'kms_connector_tx_sender_response_forwarding_latency_seconds',
  'kms_connector_pending_events',
  'kms_connector_pending_responses',
  'kms_connector_unprocessed_operations',
]

test('every metric of the earlier connector is exported, or it is said why not', () => {
  const aliases = [...knownMetrics().values()].flatMap(({ metric }) => (metric.aliases ?? []).map(({ name }) => name))
  const notKept = NOT_KEPT.map(([name]) => name)
  assert.deepEqual([...aliases, ...notKept].sort(), EARLIER.toSorted())
})

test('the metrics of the earlier connector have its labels and our numbers', async () => {
  const metrics = createMetrics(IDENTITY)
  const listener = listenerMetrics(metrics)
  listener.published.inc({ operation: 'prss-init' }, 2)
  const workers = createMetrics(IDENTITY)
  const worker = workerMetrics(workers, () => [['keygen', 3]])
  const call = (phase: string, method: string, status: string) =>
    worker.coreCallSeconds.observe({ phase, method, shard: '0', status }, 0.2)
  call('submit', 'publicDecrypt', 'Ok')
  call('submit', 'publicDecrypt', 'AlreadyExists')
  call('submit', 'publicDecrypt', 'ResourceExhausted')
  call('poll', 'getPublicDecryptionResult', 'Ok')
  call('poll', 'getUserDecryptionResult', 'NotFound')
  worker.batchSize.observe({ operation: 'user-decryption' }, 5)
  worker.ciphertextsFetched.inc(4)
  worker.sourceFaults.inc({ code: 'CIPHERTEXT_UNAVAILABLE' })
  worker.sourceFaults.inc({ code: 'CIPHERTEXT_DIGEST_MISMATCH' })
  worker.requestSeconds.observe({ operation: 'user-decryption' }, 1)
  worker.requestSeconds.observe({ operation: 'keygen' }, 1)
  const senders = createMetrics(IDENTITY)
  const sender = senderMetrics(senders)
  sender.answersRead.inc({ operation: 'crsgen' })
  sender.outcomes.inc({ operation: 'crsgen', status: 'confirmed' })
  sender.outcomes.inc({ operation: 'crsgen', status: 'dead' })
  sender.settledSeconds.observe({ operation: 'crsgen' }, 2)
  const statuses = createMetrics(IDENTITY)
  statusMetrics(statuses, () => 0).pipeline.requestsOpen.set({ operation: 'key-reshare' }, 6)
  const texts = await Promise.all([metrics, workers, senders, statuses].map(({ registry }) => registry.metrics()))
  const lines = texts.join('\n').split('\n')
  for (const line of [
    'kms_connector_gw_listener_event_received_counter{event_type="prss_init"} 2',
    'kms_connector_worker_event_received_counter{event_type="user_decryption_request"} 5',
    'kms_connector_worker_grpc_request_sent_counter{event_type="public_decryption_request"} 2',
    'kms_connector_worker_grpc_request_sent_errors{event_type="public_decryption_request"} 1',
    'kms_connector_worker_grpc_response_polled_counter{event_type="public_decryption_request"} 1',
    'kms_connector_worker_grpc_response_polled_errors{event_type="user_decryption_request"} 1',
    'kms_connector_worker_s3_ciphertext_retrieval_counter 4',
    'kms_connector_worker_s3_ciphertext_retrieval_errors 2',
    'kms_connector_worker_decryption_latency_seconds_count{event_type="user_decryption_request"} 1',
    'kms_connector_worker_requests_held{operation="keygen"} 3',
    'kms_connector_tx_sender_response_received_counter{response_type="crsgen_response"} 1',
    'kms_connector_tx_sender_gateway_tx_sent_counter{response_type="crsgen_response"} 1',
    'kms_connector_tx_sender_response_forwarding_latency_seconds_count{response_type="crsgen_response"} 1',
    'kms_connector_pending_events{event_type="key_reshare_same_set"} 6',
  ]) {
    assert.ok(
      lines.includes(line),
      `${line} is not in\n${lines.filter(each => each.startsWith(line.split('{')[0] ?? line)).join('\n')}`,
    )
  }
  // Key management is no decryption.
  assert.ok(
    !lines.some(line => line.startsWith('kms_connector_worker_decryption_latency_seconds_count{event_type="keygen')),
  )
})
