import type { EndpointReport, FinishedCall } from '@kms-connector/gateway'
import { BUCKETS_FAR, type Metrics } from '../metrics.ts'

/** What every process measures of its JSON-RPC endpoints. Endpoints are named by their origin: paths may hold keys. */
export function rpcMetrics(metrics: Metrics) {
  return {
    callSeconds: metrics.histogram({
      name: 'kms_connector_rpc_call_seconds',
      help: 'Duration of JSON-RPC calls in seconds, by chain, method and how they ended.',
      labels: ['chain', 'method', 'outcome'],
      buckets: BUCKETS_FAR,
    }),
    endpointCalls: metrics.counter({
      name: 'kms_connector_rpc_endpoint_calls_total',
      help: 'JSON-RPC calls by endpoint and how they ended; rate-limited ones pause the endpoint.',
      labels: ['chain', 'endpoint', 'outcome'],
    }),
    endpointUp: metrics.gauge({
      name: 'kms_connector_rpc_endpoint_up',
      help: 'Whether a JSON-RPC endpoint is in the choice for reads: 1, or 0 while it fails, lags, syncs, is paused or serves another chain.',
      labels: ['chain', 'endpoint'],
    }),
    endpointScore: metrics.gauge({
      name: 'kms_connector_rpc_endpoint_score_ratio',
      help: 'Health score of a JSON-RPC endpoint from 0 to 1, of which the best one is read from; 0 while it is not in the choice.',
      labels: ['chain', 'endpoint'],
    }),
    endpointHead: metrics.gauge({
      name: 'kms_connector_rpc_endpoint_head_block_number',
      help: 'Newest block that a JSON-RPC endpoint has announced.',
      labels: ['chain', 'endpoint'],
    }),
    failovers: metrics.counter({
      name: 'kms_connector_rpc_failovers_total',
      help: 'Reads that were given to another endpoint because this one could not tell.',
      labels: ['chain', 'endpoint'],
    }),
    disagreements: metrics.counter({
      name: 'kms_connector_rpc_disagreements_total',
      help: 'Answers of an endpoint that contradicted themselves or those of another endpoint.',
      labels: ['chain', 'endpoint'],
    }),
  }
}

export type RpcMetrics = ReturnType<typeof rpcMetrics>

export function observeCall(metrics: RpcMetrics, chain: string, endpoint: string, call: FinishedCall): void {
  const { method, outcome, seconds } = call
  metrics.callSeconds.observe({ chain, method, outcome }, seconds)
  metrics.endpointCalls.inc({ chain, endpoint, outcome })
}

export function observeEndpoints(metrics: RpcMetrics, chain: string, reports: readonly EndpointReport[]): void {
  for (const { endpoint, usable, score, head } of reports) {
    metrics.endpointUp.set({ chain, endpoint }, usable ? 1 : 0)
    metrics.endpointScore.set({ chain, endpoint }, score)
    if (head !== undefined) metrics.endpointHead.set({ chain, endpoint }, head)
  }
}
