import { BUCKETS_REQUEST, byResponseType, type Metrics, rpcMetrics } from '@kms-connector/service-kit'

/** The journey of an answer through the sender: read, estimated, signed and stored, sent, mined, settled. */
export function senderMetrics(metrics: Metrics) {
  return {
    rpc: rpcMetrics(metrics),
    active: metrics.gauge({
      name: 'kms_connector_sender_active_state',
      help: 'Whether this process holds the lease and sends, 1, or stands by, 0.',
    }),
    inbox: metrics.gauge({
      name: 'kms_connector_sender_answers_open',
      help: 'Number of answers that were read and are not settled yet.',
    }),
    window: metrics.gauge({
      name: 'kms_connector_sender_transactions_open',
      help: 'Number of nonces that are allocated and not settled yet.',
    }),
    answersRead: metrics.counter({
      name: 'kms_connector_sender_answers_read_total',
      help: 'Answers that were read from their stream, those that an earlier run had settled included.',
      labels: ['operation'],
      aliases: [byResponseType('kms_connector_tx_sender_response_received_counter')],
    }),
    answersMissed: metrics.counter({
      name: 'kms_connector_sender_answers_missed_total',
      help: 'Answers that were gone from their stream before they were read: expired, or removed by hand.',
    }),
    preparations: metrics.counter({
      name: 'kms_connector_sender_preparations_total',
      help: 'Answers that were tried at the contract before they got a nonce, by what it said.',
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
      aliases: [byResponseType('kms_connector_tx_sender_gateway_tx_sent_counter', undefined, isConfirmed)],
    }),
    settledSeconds: metrics.histogram({
      name: 'kms_connector_sender_answer_settled_seconds',
      help: 'Time from the publication of an answer to its outcome in seconds.',
      labels: ['operation'],
      buckets: BUCKETS_REQUEST,
      aliases: [byResponseType('kms_connector_tx_sender_response_forwarding_latency_seconds')],
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
    replacements: metrics.counter({
      name: 'kms_connector_sender_replacements_total',
      help: 'Transactions signed for a nonce that had one already, or to fill a gap, by kind and reason.',
      labels: ['kind', 'reason'],
    }),
    burned: metrics.counter({
      name: 'kms_connector_sender_nonces_burned_total',
      help: 'Nonces of our wallet that were consumed by a transfer of nothing to ourselves.',
    }),
    reorganised: metrics.counter({
      name: 'kms_connector_sender_receipts_moved_total',
      help: 'Mined transactions that were found in another block, or in none, when they were looked at again.',
    }),
    doubtfulViews: metrics.counter({
      name: 'kms_connector_sender_doubtful_views_total',
      help: 'Answers of the endpoint about count and head that contradict what was seen before.',
    }),
    feeCapped: metrics.gauge({
      name: 'kms_connector_sender_fee_capped_state',
      help: 'Whether transactions wait because the fee ceiling of the settings is below the market, 1 or 0.',
    }),
    gap: metrics.gauge({
      name: 'kms_connector_sender_gap_too_wide_state',
      help: 'Whether more nonces below an open transaction belong to nobody than are filled without an operator, 1 or 0.',
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
    headSlotAge: metrics.gauge({
      name: 'kms_connector_sender_head_slot_age_seconds',
      help: 'Time since the transaction with the lowest open nonce was signed in seconds, 0 when none is open.',
    }),
    nextNonce: metrics.gauge({
      name: 'kms_connector_sender_next_nonce_number',
      help: 'Nonce that the next answer gets.',
    }),
    balance: metrics.gauge({
      name: 'kms_connector_sender_wallet_balance_wei',
      help: 'Balance of the wallet at the latest block in wei.',
    }),
    runway: metrics.gauge({
      name: 'kms_connector_sender_wallet_runway_seconds',
      help: 'How long the balance lasts at the spending of the last six hours, in seconds; absent for ten minutes.',
    }),
    nonce: metrics.gauge({
      name: 'kms_connector_sender_chain_nonce_number',
      help: 'Transaction count of our wallet at the latest block.',
    }),
  }
}

export type SenderMetrics = ReturnType<typeof senderMetrics>

function isConfirmed({ status }: Readonly<Record<string, string>>): boolean {
  return status === 'confirmed'
}
