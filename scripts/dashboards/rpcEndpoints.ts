import type { Row } from './dashboardJson.ts'
import { lines, type Panel, quantiles, rate } from './panel.ts'

/** How the JSON-RPC endpoints of a service do. The same on every dashboard of a service that has some. */
export function rpcEndpoints(): Row {
  const byEndpoint = (title: string, description: string, metric: string): Panel =>
    lines(title, 'short', description, [
      { expr: `max by (chain, endpoint) (${metric})`, legend: '{{chain}} {{endpoint}}' },
    ])
  return {
    title: 'RPC endpoints (all services)',
    panels: [
      byEndpoint('In the choice', '1, or 0 while it fails, lags, syncs or is paused.', 'kms_connector_rpc_endpoint_up'),
      byEndpoint('Score', 'The best one is read from.', 'kms_connector_rpc_endpoint_score_ratio'),
      byEndpoint('Head', 'Newest block that was announced.', 'kms_connector_rpc_endpoint_head_block_number'),
      lines('Calls', 'reqps', 'By endpoint and how they ended.', [
        rate('kms_connector_rpc_endpoint_calls_total', 'chain, endpoint, outcome'),
      ]),
      lines('Duration', 's', 'By chain and method.', quantiles('kms_connector_rpc_call_seconds', 'chain, method')),
      lines(
        'Failovers and disagreements',
        'reqps',
        'Reads given to another endpoint; answers that contradict others.',
        [
          { ...rate('kms_connector_rpc_failovers_total', 'chain, endpoint'), legend: '{{endpoint}} failover' },
          { ...rate('kms_connector_rpc_disagreements_total', 'chain, endpoint'), legend: '{{endpoint}} disagreement' },
        ],
      ),
    ],
  }
}
