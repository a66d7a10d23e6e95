import { expectContract, HostAcl, type RpcPool } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import {
  createLimit,
  type Limit,
  openRpcPool,
  type RpcMetrics,
  retry,
  type ServiceContext,
  sleep,
  type WorkerSettings,
} from '@kms-connector/service-kit'

/** A host chain that checks are asked of. */
export interface HostChain {
  readonly acl: HostAcl
  /** Ceiling on the questions under way. */
  readonly limit: Limit
  /** Tells whether asking is worth while; without it, it always is. */
  readonly pool?: RpcPool
}

/** Questions that wait for their turn, all requests in hand together. */
const MAX_WAITING = 1_000_000
/** A start waits this long for host chains; a chain that is down later or from the start holds only its own requests. */
const START_MS = 5_000

/** The host chains of the settings. */
export class HostChains {
  readonly #open = new Map<bigint, HostChain | undefined>()

  /** @param chainIds all that are configured */
  constructor(chainIds: readonly number[]) {
    for (const id of chainIds) this.#open.set(BigInt(id), undefined)
  }

  opened(chainId: number, chain: HostChain): void {
    this.#open.set(BigInt(chainId), chain)
  }

  /**
   * @throws ConnectorError HOST_CHAIN_UNKNOWN, or RPC_UNAVAILABLE at once for one that has not answered since the start or for a
   *   while: its requests would take the places of all others while they wait for a deadline
   */
  get(chainId: bigint): HostChain {
    const chain = this.#open.get(chainId)
    if (chain?.pool?.isSilent) {
      const detail = `no endpoint of host chain ${chainId} answers; they are asked again every rpc_probe_interval, /status says why`
      throw new ConnectorError('RPC_UNAVAILABLE', detail)
    }
    if (chain) return chain
    if (this.#open.has(chainId))
      throw new ConnectorError('RPC_UNAVAILABLE', `host chain ${chainId} has not answered yet`)
    const known = [...this.#open.keys()].join(', ')
    throw new ConnectorError('HOST_CHAIN_UNKNOWN', `chain ${chainId}; configured: ${known}`)
  }
}

/**
 * Opens all host chains side by side. Returns when all are open or the start should not wait any longer; those that do not
 * answer yet are opened as soon as they do. A wrong chain id or address ends the process.
 */
export async function openHostChains(ctx: ServiceContext<WorkerSettings>, metrics: RpcMetrics): Promise<HostChains> {
  const { host_chains: configured } = ctx.settings
  const chains = new HostChains(configured.map(({ chain_id }) => chain_id))
  const opening = configured.map(chain => {
    const { promise, resolve } = Promise.withResolvers<void>()
    ctx.run(`host chain ${chain.chain_id}`, async signal => {
      chains.opened(chain.chain_id, await openHostChain(ctx, metrics, chain))
      resolve()
      await new Promise<void>(stop => signal.addEventListener('abort', () => stop(), { once: true }))
    })
    return promise
  })
  const patience = new AbortController()
  const late = sleep(START_MS, AbortSignal.any([patience.signal, ctx.signal])).catch(() => {})
  await Promise.race([Promise.all(opening), late])
  patience.abort()
  ctx.signal.throwIfAborted()
  return chains
}

async function openHostChain(
  ctx: ServiceContext<WorkerSettings>,
  metrics: RpcMetrics,
  { url: urls, chain_id: chainId, acl_address: acl }: WorkerSettings['host_chains'][number],
): Promise<HostChain> {
  const { host_chain_timeout: timeoutMs, rpc_batch_size: batchSize, rpc_max_concurrent_batches: batches } = ctx.settings
  const name = `host_chain_${chainId}`
  const pool = await openRpcPool(ctx, metrics, { name, urls, chainId, timeoutMs, batchSize })
  const backoff = { firstMs: 250, maxMs: 10_000 }
  await retry(() => expectContract(pool, 'ACL', acl), { attempts: Infinity, backoff, signal: ctx.signal })
  const limit = createLimit({ name, concurrency: batchSize * batches, maxQueue: MAX_WAITING })
  return { acl: new HostAcl(pool, acl), pool, limit }
}
