import { type EndpointReport, RpcPool, type RpcPoolOptions } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import { backoffDelay } from '../backoff.ts'
import type { ProcessSettings } from '../processSettings.ts'
import type { ServiceContext } from '../service.ts'
import { sleep } from '../sleep.ts'
import { observeCall, observeEndpoints, type RpcMetrics } from './rpcMetrics.ts'

export interface RpcEndpoints {
  /** Name in readiness and metrics, such as "gateway". */
  readonly name: string
  readonly urls: readonly string[]
  readonly chainId: number
  readonly timeoutMs: number
  /** Calls of the same moment travel as one JSON-RPC batch of at most this many; a function says so for each method. */
  readonly batchSize?: NonNullable<RpcPoolOptions['batchSize']>
}

/** Settings that all pools share. */
interface PoolSettings extends ProcessSettings {
  readonly rpc_max_lag: number
  readonly rpc_probe_interval: number
}

/**
 * Opens the endpoints of a chain for use by a service: waits until one of them answers and serves the chain of the
 * settings, then keeps looking at all of them. One that serves another chain is reported and never used.
 * @throws ConnectorError CHAIN_ID_MISMATCH when all of them serve another chain
 */
export async function openRpcPool<V extends PoolSettings>(
  ctx: ServiceContext<V>,
  metrics: RpcMetrics,
  { name, urls, chainId, timeoutMs, batchSize = 0 }: RpcEndpoints,
): Promise<RpcPool> {
  const { settings, logger } = ctx
  const pool = new RpcPool({
    urls,
    chainId,
    timeoutMs,
    batchSize,
    limits: { maxLag: settings.rpc_max_lag },
    onCall: (endpoint, call) => observeCall(metrics, name, endpoint, call),
    onFailover: endpoint => metrics.failovers.inc({ chain: name, endpoint }),
    onContradiction: (endpoint, err) => {
      metrics.disagreements.inc({ chain: name, endpoint })
      logger.error({ err, endpoint, chain: name }, 'an endpoint contradicted itself or another one')
    },
  })
  ctx.readiness.add(name, () => whatIsDown(pool))
  ctx.status(`${name}_endpoints`, () => pool.report())
  await untilUsable(ctx, pool, name, chainId)
  watchEndpoints(ctx, pool, metrics, name)
  return pool
}

async function untilUsable<V extends PoolSettings>(
  ctx: ServiceContext<V>,
  pool: RpcPool,
  name: string,
  chainId: number,
): Promise<void> {
  for (let failures = 1; ; failures++) {
    const faults = await pool.probeUntilUsable()
    const reports = pool.report()
    if (reports.some(({ usable }) => usable)) return
    if (reports.every(({ wrongChain }) => wrongChain)) {
      const found = reports.map(({ endpoint, why }) => `${endpoint} ${why}`).join(', ')
      throw new ConnectorError('CHAIN_ID_MISMATCH', `${found}, the settings say ${chainId}`)
    }
    const [err] = faults.values()
    ctx.logger.warn({ err, endpoint: name, detail: downOf(reports) }, 'an endpoint did not answer, waiting for it')
    await sleep(backoffDelay({ firstMs: 250, maxMs: 10_000 }, failures, Math.random()), ctx.signal)
  }
}

/** Keeps the health of all endpoints up to date, and says once when one goes or comes back. */
function watchEndpoints<V extends PoolSettings>(
  ctx: ServiceContext<V>,
  pool: RpcPool,
  metrics: RpcMetrics,
  name: string,
): void {
  const known = new Map<string, boolean>(pool.endpoints.map(({ endpoint }) => [endpoint, true]))
  ctx.loop({
    name: `${name} endpoints`,
    maxStepMs: 15 * 60_000,
    backoff: { firstMs: 1_000, maxMs: 30_000 },
    step: async () => {
      await pool.probe()
      const reports = pool.report()
      observeEndpoints(metrics, name, reports)
      for (const { endpoint, usable, why } of reports) {
        if (known.get(endpoint) === usable) continue
        known.set(endpoint, usable)
        if (usable) ctx.logger.info({ endpoint, chain: name }, 'an endpoint can be used again')
        else ctx.logger.warn({ endpoint, chain: name, why }, 'an endpoint is not used')
      }
      return ctx.settings.rpc_probe_interval
    },
  })
}

/**
 * One endpoint that answers is enough.
 * @returns which others are not used, for operators
 */
async function whatIsDown(pool: RpcPool): Promise<string> {
  const best = pool.pin()
  const asked = [best, ...pool.others(best)]
  await Promise.any(asked.map(rpc => rpc.quantity('eth_blockNumber'))).catch((fault: unknown) => {
    throw fault instanceof AggregateError ? fault.errors[0] : fault
  })
  return downOf(pool.report())
}

function downOf(reports: readonly EndpointReport[]): string {
  return reports.flatMap(({ endpoint, usable, why }) => (usable ? [] : `${endpoint} ${why}`)).join(', ')
}
