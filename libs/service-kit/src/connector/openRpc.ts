import { expectChainId, Rpc } from '@kms-connector/gateway'
import { type ConnectorError, toConnectorError } from '@kms-connector/protocol'
import type { Histogram } from 'prom-client'
import { backoffDelay } from '../backoff.ts'
import type { ProcessSettings } from '../processSettings.ts'
import type { ServiceContext } from '../service.ts'
import { sleep } from '../sleep.ts'

export interface RpcEndpoint {
  /** Name in readiness and metrics, such as "gateway". */
  readonly name: string
  readonly url: string
  readonly chainId: number
  readonly timeoutMs: number
  /** Calls of the same moment travel as one JSON-RPC batch of at most this many. */
  readonly batchSize?: number
}

/** Histogram of JSON-RPC calls, one per process. */
export type RpcCalls = Histogram<'chain' | 'method' | 'outcome'>

/**
 * Opens an endpoint for use by a service: waits until it answers, and refuses one that serves another chain.
 * @throws ConnectorError CHAIN_ID_MISMATCH
 */
export async function openRpc<V extends ProcessSettings>(
  ctx: ServiceContext<V>,
  calls: RpcCalls,
  endpoint: RpcEndpoint,
): Promise<Rpc> {
  const { name, url, chainId, timeoutMs, batchSize = 0 } = endpoint
  const rpc = new Rpc({
    url,
    timeoutMs,
    batchSize,
    onCall: (method, outcome, seconds) => calls.observe({ chain: name, method, outcome }, seconds),
  })
  ctx.readiness.add(name, async () => {
    await rpc.quantity('eth_blockNumber')
  })
  for (let failures = 1; ; failures++) {
    try {
      await expectChainId(rpc, chainId)
      return rpc
    } catch (fault) {
      const error: ConnectorError = toConnectorError(fault)
      if (error.disposition === 'fatal') throw error
      ctx.logger.warn({ err: error, endpoint: name }, 'an endpoint did not answer, waiting for it')
    }
    await sleep(backoffDelay({ firstMs: 250, maxMs: 10_000 }, failures, Math.random()), ctx.signal)
  }
}
