import type { Dashboard } from './dashboardJson.ts'
import { bad, good, lines, number, quantiles, rate } from './panel.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

/** One screen for whoever is called: what is promised, and whether it holds. */
export const NODE: Dashboard = {
  name: 'node',
  title: 'KMS Connector: is my node doing its job?',
  description: 'The whole way of a request on one screen. Numbers about streams come from request-status.',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'Chain read',
          's',
          'Time since the chain was read well by the group that is furthest behind. See the runbook NotFollowingChain.',
          'max(time() - kms_connector_listener_looked_timestamp_seconds)',
          { thresholds: bad(2 * MINUTE, 5 * MINUTE) },
        ),
        number(
          'Oldest open decryption',
          's',
          'Age of the oldest decryption request without an answer. See the runbook RequestsNotAnswered.',
          'max(kms_connector_pipeline_oldest_request_seconds{operation=~".*-decryption"})',
          { thresholds: bad(MINUTE, 5 * MINUTE) },
        ),
        number(
          'Oldest unsettled answer',
          's',
          'Age of the oldest answer that is not on chain. See the runbook SenderStuck.',
          'max(kms_connector_pipeline_oldest_answer_seconds)',
          { thresholds: bad(MINUTE, 5 * MINUTE) },
        ),
        number(
          'Wallet lasts',
          's',
          'At the spending of the last six hours; nothing while less than ten minutes are known. See the runbook WalletRunwayLow.',
          'min(kms_connector_sender_wallet_runway_seconds)',
          { thresholds: good(12 * HOUR, 72 * HOUR) },
        ),
        number(
          'Dead letters',
          'none',
          'Requests and answers that wait for a decision of the operator. See the runbook DeadLettersGrowing.',
          'max(kms_connector_dead_letters_open)',
          { thresholds: bad(1, 100) },
        ),
        number(
          'Fullest stream',
          'percentunit',
          'A full stream makes whoever writes to it wait. See the runbook StreamNearlyFull.',
          'max(kms_connector_stream_bytes_ratio{stream!="OUTCOMES"})',
          { thresholds: bad(0.7, 0.85) },
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        lines(
          'Published, answered, confirmed',
          'reqps',
          'The same number of each, apart from bursts, is a node that does its job.',
          [
            {
              expr: 'sum(rate(kms_connector_listener_requests_published_total[$__rate_interval]))',
              legend: 'published',
            },
            {
              expr: 'sum(rate(kms_connector_worker_requests_settled_total{settlement="ack"}[$__rate_interval]))',
              legend: 'answered',
            },
            { expr: 'sum(rate(kms_connector_sender_outcomes_total[$__rate_interval]))', legend: 'settled' },
          ],
        ),
        lines(
          'From block to outcome',
          's',
          'Time from the block of a request to its outcome, where the endpoint tells block times.',
          [...quantiles('kms_connector_sender_request_answered_seconds', 'operation')],
        ),
        lines('Open requests', 'short', 'Requests without an answer, all workers together.', [
          { expr: 'max by (operation) (kms_connector_pipeline_requests_open)', legend: '{{operation}}' },
          { expr: 'max(kms_connector_pipeline_answers_open)', legend: 'answers not settled' },
        ]),
        lines('Age of the oldest', 's', 'Oldest request without an answer, and oldest dead letter.', [
          { expr: 'max by (operation) (kms_connector_pipeline_oldest_request_seconds)', legend: '{{operation}}' },
          { expr: 'max(kms_connector_dead_letters_oldest_seconds)', legend: 'dead letter' },
        ]),
        lines('Outcomes', 'reqps', 'How requests end on chain.', [
          rate('kms_connector_sender_outcomes_total', 'status'),
        ]),
        lines('Streams', 'percentunit', 'Bytes as a share of the cap.', [
          { expr: 'max by (stream) (kms_connector_stream_bytes_ratio)', legend: '{{stream}}' },
        ]),
      ],
    },
    {
      title: 'Services',
      panels: [
        number(
          'Builds',
          'none',
          'Different builds that run now; more than one is an update under way.',
          'count(count by (version, build) (kms_connector_build_info))',
        ),
        number(
          'Topology drift',
          'none',
          'Fields of streams and consumers that are not what the settings say. See the runbook TopologyDrift.',
          'max(kms_connector_topology_drift_fields)',
          { thresholds: bad(1, 1) },
        ),
        number(
          'Numbers of NATS are',
          's',
          'Age of the numbers about streams. See the runbook PipelineNotWatched.',
          'min(time() - kms_connector_pipeline_read_timestamp_seconds)',
          { thresholds: bad(2 * MINUTE, 5 * MINUTE) },
        ),
        lines(
          'Event loop lag',
          's',
          'A process that computes too much at a time answers late.',
          [{ expr: 'max by (job, instance) (nodejs_eventloop_lag_p99_seconds)', legend: '{{job}} {{instance}}' }],
          { width: 6 },
        ),
        lines(
          'Memory',
          'bytes',
          'Resident memory.',
          [{ expr: 'process_resident_memory_bytes', legend: '{{job}} {{instance}}' }],
          { width: 6 },
        ),
      ],
    },
    {
      title: 'request-status',
      panels: [
        lines(
          'Messages on streams',
          'short',
          'What streams hold; requests and answers stay until their age is reached.',
          [{ expr: 'max by (stream) (kms_connector_stream_messages)', legend: '{{stream}}' }],
          { width: 6 },
        ),
        lines(
          'Answers',
          's',
          'Duration of answers to questions.',
          [...quantiles('kms_connector_request_status_answer_seconds', 'route')],
          { width: 6 },
        ),
        lines(
          'Live streams',
          'short',
          'Open, and those cut because their reader was too slow.',
          [
            { expr: 'sum(kms_connector_request_status_streams_open)', legend: 'open' },
            {
              expr: 'sum(increase(kms_connector_request_status_streams_dropped_total[$__rate_interval]))',
              legend: 'cut',
            },
          ],
          { width: 6 },
        ),
        lines(
          'Questions and changes',
          'reqps',
          'Changes sent, questions refused, watches interrupted.',
          [
            { expr: 'sum(rate(kms_connector_request_status_events_total[$__rate_interval]))', legend: 'changes' },
            rate('kms_connector_request_status_refused_total', 'reason'),
            rate('kms_connector_request_status_watch_interruptions_total', 'stream'),
          ],
          { width: 6 },
        ),
      ],
    },
  ],
}
