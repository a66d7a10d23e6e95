import { BUCKETS_REQUEST, type Metrics, rpcMetrics } from '@kms-connector/service-kit'

/** The journey of an answer through the sender: read, estimated, signed and stored, sent, mined, settled. */
export function senderMetrics(metrics: Metrics) {
  return {
    rpc: rpcMetrics(metrics),
    inbox: metrics.gauge({
      name: 'kms_connector_sender_answers_open',
      help: 'Number of answers that were read and are not settled yet.',
    }),
    window: metrics.gauge({
      name: 'kms_connector_sender_transactions_open',
      help: 'Number of nonces that are allocated and not settled yet.',
    }),
    preparations: metrics.counter({
      name: 'kms_connector_sender_preparations_total',
      help: 'Gas estimates by what the contract said to the answer.',
      labels: ['operation', 'result'],
    }),
    sendVerdicts: metrics.counter({
      name: 'kms_connector_sender_send_verdicts_total',
      help: 'Replies of the node to transactions, by meaning.',
      labels: ['verdict'],
    }),
    outcomes: metrics.counter({
      name: 'kms_connector_sender_outcomes_total',
      help: 'Requests by how they ended on chain.',
      labels: ['operation', 'status'],
    }),
    settledSeconds: metrics.histogram({
      name: 'kms_connector_sender_answer_settled_seconds',
      help: 'Time from the publication of an answer to its outcome in seconds.',
      labels: ['operation'],
      buckets: BUCKETS_REQUEST,
    }),
    requestSeconds: metrics.histogram({
      name: 'kms_connector_sender_request_answered_seconds',
      help: 'Time from the block of a request to its outcome in seconds, where the endpoint tells block times.',
      labels: ['operation'],
      buckets: BUCKETS_REQUEST,
    }),
    nonceTaken: metrics.counter({
      name: 'kms_connector_sender_nonces_taken_total',
      help: 'Nonces of our wallet that were used by a transaction that is not ours.',
    }),
    parked: metrics.gauge({
      name: 'kms_connector_sender_parked_state',
      help: 'Whether sending is paused until an operator acts, 1 or 0, by reason.',
      labels: ['code'],
    }),
    checkpoint: metrics.gauge({
      name: 'kms_connector_sender_checkpoint_sequence_number',
      help: 'Sequence on the stream of answers up to which everything is settled.',
    }),
    nonce: metrics.gauge({
      name: 'kms_connector_sender_chain_nonce_number',
      help: 'Transaction count of our wallet at the latest block.',
    }),
  }
}

export type SenderMetrics = ReturnType<typeof senderMetrics>
