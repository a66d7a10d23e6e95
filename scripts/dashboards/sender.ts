import type { Dashboard } from './dashboardJson.ts'
import { bad, good, lines, number, quantiles, rate } from './panel.ts'
import { rpcEndpoints } from './rpcEndpoints.ts'

const HOUR = 3_600

export const SENDER: Dashboard = {
  name: 'sender',
  title: 'KMS Connector: sender',
  description: 'From the stream of answers to the chain.',
  rows: [
    {
      title: 'Sending',
      panels: [
        number(
          'Head slot',
          's',
          'Age of the transaction with the lowest open nonce.',
          'max(kms_connector_sender_head_slot_age_seconds)',
          { thresholds: bad(60, 300) },
        ),
        number(
          'Paused',
          'none',
          'Reasons for which nothing is sent until an operator acts.',
          'sum(kms_connector_sender_parked_state) or vector(0)',
          { thresholds: bad(1, 1) },
        ),
        number(
          'Oldest answer',
          's',
          'Age of the oldest answer that is not settled.',
          'max(kms_connector_pipeline_oldest_answer_seconds)',
          { thresholds: bad(60, 300) },
        ),
        number(
          'Wallet lasts',
          's',
          'At the spending of the last six hours.',
          'min(kms_connector_sender_wallet_runway_seconds)',
          { thresholds: good(12 * HOUR, 72 * HOUR) },
        ),
        number(
          'Nonces taken',
          'none',
          'Nonces of our wallet that somebody else used, in 24 hours.',
          'sum(increase(kms_connector_sender_nonces_taken_total[24h]))',
          { thresholds: bad(1, 1) },
        ),
        number('Next nonce', 'none', 'Nonce that the next answer gets.', 'max(kms_connector_sender_next_nonce_number)'),
        lines('Open', 'short', 'Answers read and not settled, and nonces taken and not settled.', [
          { expr: 'sum(kms_connector_sender_answers_open)', legend: 'answers' },
          { expr: 'sum(kms_connector_sender_transactions_open)', legend: 'transactions' },
        ]),
        lines('Nonces', 'short', 'The next one, and the count of the chain; they meet when nothing is open.', [
          { expr: 'max(kms_connector_sender_next_nonce_number)', legend: 'next' },
          { expr: 'max(kms_connector_sender_chain_nonce_number)', legend: 'chain' },
        ]),
        lines('Checkpoint', 'short', 'Sequence on the stream of answers up to which everything is settled.', [
          { expr: 'max(kms_connector_sender_checkpoint_sequence_number)', legend: 'checkpoint' },
        ]),
      ],
    },
    {
      title: 'Answers',
      panels: [
        lines('Read', 'reqps', 'Answers read from the stream.', [
          rate('kms_connector_sender_answers_read_total', 'operation'),
        ]),
        number(
          'Missed in a day',
          'none',
          'Answers that expired or were removed before they were read; see response_age and inbox_size.',
          'sum(increase(kms_connector_sender_answers_missed_total[24h]))',
          { thresholds: bad(1, 1) },
        ),
        lines('Asked about', 'reqps', 'What the contract said to answers before they were signed.', [
          rate('kms_connector_sender_preparations_total', 'result'),
        ]),
        lines('Said by the node', 'reqps', 'Replies to transactions, by meaning.', [
          rate('kms_connector_sender_send_verdicts_total', 'verdict'),
        ]),
        lines('Outcomes', 'reqps', 'How requests end on chain.', [
          rate('kms_connector_sender_outcomes_total', 'operation, status'),
        ]),
        lines('Answer to outcome', 's', 'Time the sender takes.', [
          ...quantiles('kms_connector_sender_answer_settled_seconds', 'operation'),
        ]),
        lines('Block to outcome', 's', 'Time the whole connector takes.', [
          ...quantiles('kms_connector_sender_request_answered_seconds', 'operation'),
        ]),
      ],
    },
    {
      title: 'Stuck nonces and doubts',
      panels: [
        number(
          'Senders that act',
          'none',
          'One of all that run; none for a moment after one dies.',
          'sum(kms_connector_sender_active_state)',
          { thresholds: good(1, 1) },
        ),
        number(
          'Gap too wide',
          'none',
          'Nonces below an open transaction belong to nobody, too many to fill: look with kms-connector nonce show.',
          'max(kms_connector_sender_gap_too_wide_state)',
          { thresholds: bad(1, 1) },
        ),
        number(
          'Fee ceiling',
          'none',
          'Transactions wait because max_fee_per_gas_gwei is below the market.',
          'max(kms_connector_sender_fee_capped_state)',
          { thresholds: bad(1, 1) },
        ),
        lines('Replaced', 'reqps', 'Transactions signed for a nonce that had one, or to fill a gap.', [
          rate('kms_connector_sender_replacements_total', 'kind, reason'),
        ]),
        lines('Burned', 'reqps', 'Nonces consumed by a transfer of nothing to ourselves.', [
          { expr: 'sum(rate(kms_connector_sender_nonces_burned_total[$__rate_interval]))', legend: 'burned' },
        ]),
        lines(
          'Chain and endpoint',
          'reqps',
          'Receipts that moved to another block, and counts that were not believed.',
          [
            {
              expr: 'sum(rate(kms_connector_sender_receipts_moved_total[$__rate_interval]))',
              legend: 'receipts moved',
            },
            { expr: 'sum(rate(kms_connector_sender_doubtful_views_total[$__rate_interval]))', legend: 'doubted' },
          ],
        ),
      ],
    },
    {
      title: 'Wallet and endpoint',
      panels: [
        lines('Balance', 'none', 'In ETH.', [
          { expr: 'max(kms_connector_sender_wallet_balance_wei) / 1e18', legend: 'balance' },
        ]),
        lines('Pauses', 'none', 'Reasons for which nothing is sent.', [
          { expr: 'max by (code) (kms_connector_sender_parked_state)', legend: '{{code}}' },
        ]),
      ],
    },
    rpcEndpoints(),
  ],
}
