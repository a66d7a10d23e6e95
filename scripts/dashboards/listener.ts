import type { Dashboard } from './dashboardJson.ts'
import { bad, lines, number, quantiles, rate } from './panel.ts'
import { rpcEndpoints } from './rpcEndpoints.ts'

export const LISTENER: Dashboard = {
  name: 'listener',
  title: 'KMS Connector: listener',
  description: 'From the chain to the streams of requests.',
  rows: [
    {
      title: 'Following the chain',
      panels: [
        number(
          'Chain read',
          's',
          'Time since the last look at the chain that ended well.',
          'max by (group) (time() - kms_connector_listener_looked_timestamp_seconds)',
          { width: 6, thresholds: bad(120, 300) },
        ),
        number(
          'Behind',
          'short',
          'Blocks between the head and the cursor.',
          'max by (group) (kms_connector_listener_cursor_lag_blocks)',
          { width: 6 },
        ),
        number(
          'Head changed',
          's',
          'Time since the head changed. On a chain that makes no empty blocks it grows while nobody sends.',
          'max by (group) (time() - kms_connector_listener_head_changed_timestamp_seconds)',
          { width: 6 },
        ),
        number(
          'Head',
          'none',
          'Highest block under the finality setting.',
          'max by (group) (kms_connector_listener_head_block_number)',
          { width: 6 },
        ),
        lines('Cursor', 'short', 'Head, and the last block whose requests are all published.', [
          { expr: 'max by (group) (kms_connector_listener_head_block_number)', legend: '{{group}} head' },
          { expr: 'max by (group) (kms_connector_listener_cursor_block_number)', legend: '{{group}} cursor' },
        ]),
        lines('Lag', 'short', 'Blocks behind the head.', [
          { expr: 'max by (group) (kms_connector_listener_cursor_lag_blocks)', legend: '{{group}}' },
        ]),
        lines('From block to stream', 's', 'Time from the block of a request to its publication.', [
          ...quantiles('kms_connector_listener_publish_lag_seconds', 'operation'),
        ]),
      ],
    },
    {
      title: 'Requests',
      panels: [
        lines('Published', 'reqps', 'Requests that were stored first.', [
          rate('kms_connector_listener_requests_published_total', 'operation'),
        ]),
        lines('Duplicates', 'reqps', 'Known already: after a restart, an overlap, or because of a second listener.', [
          rate('kms_connector_listener_requests_duplicate_total', 'operation'),
        ]),
        lines(
          'Dead letters and conflicts',
          'short',
          'Logs that could not be decoded, and ids that came again with another payload.',
          [
            {
              expr: 'sum by (operation) (increase(kms_connector_listener_logs_undecodable_total[$__rate_interval]))',
              legend: '{{operation}} undecodable',
            },
            {
              expr: 'sum by (operation) (increase(kms_connector_listener_request_conflicts_total[$__rate_interval]))',
              legend: '{{operation}} conflict',
            },
          ],
        ),
        lines('Waiting for NATS', 'reqps', 'Attempts to publish that were repeated.', [
          rate('kms_connector_listener_publish_stalls_total', 'code'),
        ]),
      ],
    },
    {
      title: 'What endpoints keep back',
      panels: [
        number(
          'Missing requests',
          'short',
          'Ids that must exist and whose requests no endpoint has shown.',
          'sum by (operation) (kms_connector_listener_missing_ids)',
          { width: 6, thresholds: bad(1, 1) },
        ),
        number(
          'Vanished requests',
          'short',
          'Published, and taken away by a reorganisation.',
          'sum by (operation) (kms_connector_listener_requests_vanished_total)',
          { width: 6 },
        ),
        lines('Second opinions', 'reqps', 'Looks at blocks that were empty although their filter promised logs.', [
          rate('kms_connector_listener_second_opinions_total', 'group, result'),
        ]),
        lines('Reorganisations', 'short', 'Noticed by the hash of a block; and how many blocks they took back.', [
          {
            expr: 'sum by (group) (increase(kms_connector_listener_reorgs_total[$__rate_interval]))',
            legend: '{{group}}',
          },
          ...quantiles('kms_connector_listener_reorg_depth_blocks', 'group'),
        ]),
        lines('Doorbell', 'reqps', 'New blocks that the WebSocket announced.', [
          rate('kms_connector_listener_doorbell_rings_total', 'instance'),
        ]),
      ],
    },
    {
      title: 'Reconciliation',
      panels: [
        lines('Run again', 'reqps', 'Requests that were acknowledged without an answer and published again.', [
          rate('kms_connector_listener_requests_repeated_total', 'operation'),
        ]),
        lines('Unanswered', 'short', 'Old requests without an answer, and answers that have no outcome.', [
          {
            expr: 'max by (operation) (kms_connector_listener_requests_unanswered_count)',
            legend: '{{operation}} unanswered',
          },
          { expr: 'max(kms_connector_listener_answers_unsettled_count)', legend: 'without an outcome' },
        ]),
      ],
    },
    rpcEndpoints(),
  ],
}
