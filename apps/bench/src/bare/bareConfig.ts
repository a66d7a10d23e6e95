import type { Address, Hex } from '@kms-connector/protocol'
import type { RequestKind } from '../world/bulkRequests.ts'

/** What the processes of the bare pipeline are told, as JSON in the environment. */
export interface BareConfig {
  readonly kind: RequestKind
  readonly count: number
  readonly fromBlock: number
  readonly toBlock: number
  readonly natsUrl: string
  readonly rpcUrl: string
  readonly chainId: number
  readonly decryption: Address
  readonly coreUrl: string
  readonly s3Bucket: string
  readonly signer: Address
  readonly privateKey: Hex
  /** Without connect-node and viem's typed data, where twenty lines do the same. */
  readonly lean: boolean
  /** Signs instead of the key, when given. */
  readonly awsKms?: { readonly url: string; readonly keyId: string; readonly region: string } | undefined
  /** Transactions under way. */
  readonly window: number
  /** Requests in hand of the worker. */
  readonly concurrency: number
}

const VARIABLE = 'KMS_BENCH_BARE'

export function bareEnvironment(config: BareConfig): Record<string, string> {
  return { [VARIABLE]: JSON.stringify(config) }
}

export function bareConfig(): BareConfig {
  // CAST: written by bareEnvironment
  return JSON.parse(process.env[VARIABLE] ?? '{}') as BareConfig
}

export const BARE_REQUESTS = 'BARE_REQUESTS'
export const BARE_RESPONSES = 'BARE_RESPONSES'
export const BARE_OUTCOMES = 'BARE_OUTCOMES'
export const BARE_SLOTS = 'bare_slots'
