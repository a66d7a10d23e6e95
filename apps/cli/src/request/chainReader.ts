import { setTimeout as delay } from 'node:timers/promises'
import { Rpc, RpcPool, type RpcReader } from '@kms-connector/gateway'
import type { CommandSettings } from '@kms-connector/service-kit'

/** Blocks behind its peers at which an endpoint is not asked. */
const MAX_LAG = 100
/** Looking at the endpoints may take this part of the time there is, a call to one of them as well. */
const PARTS = 3

/** Settings that name the Gateway. */
export type GatewaySettings = CommandSettings & { readonly gateway_url: readonly string[] }

interface ChainEndpoints {
  /** The preferred one first. */
  readonly urls: readonly string[]
  /** Without it nothing tells which endpoint is wrong, so only the first is asked. */
  readonly chainId: number | undefined
  /** What all questions together may take, milliseconds. */
  readonly timeoutMs: number
  /** Ceiling of one call, milliseconds. */
  readonly callTimeoutMs: number
  readonly batchSize?: number
}

/**
 * Where to ask a chain what a worker would ask it: workers go to another endpoint when one is away or lags, so an answer of the
 * first one alone would blame what is in nobody's way.
 */
export async function openReader(endpoints: ChainEndpoints): Promise<RpcReader> {
  const { urls, chainId, batchSize = 0 } = endpoints
  const partMs = Math.ceil(endpoints.timeoutMs / PARTS)
  const [first = ''] = urls
  if (urls.length < 2 || chainId === undefined)
    return new Rpc({ url: first, timeoutMs: endpoints.callTimeoutMs, batchSize })
  const timeoutMs = Math.min(partMs, endpoints.callTimeoutMs)
  const pool = new RpcPool({ urls, chainId, timeoutMs, batchSize, limits: { maxLag: MAX_LAG } })
  // All are waited for, so that one that lags is not taken for the best because it was quick; but not for a silent one.
  await Promise.race([pool.probe(), delay(partMs, undefined, { ref: false })])
  return pool
}

/** The endpoints of the Gateway, the best one first. */
export function openGateway(
  { gateway_url, gateway_chain_id, gateway_timeout }: GatewaySettings,
  timeoutMs: number,
): Promise<RpcReader> {
  return openReader({ urls: gateway_url, chainId: gateway_chain_id, timeoutMs, callTimeoutMs: gateway_timeout })
}
