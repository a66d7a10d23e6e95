import {
  expectDomain,
  expectGatewayContract,
  expectRegistered,
  type GatewayConfig,
  type RpcReader,
} from '@kms-connector/gateway'
import type { Address, ContractDomain } from '@kms-connector/protocol'
import type { ProcessSettings } from '../processSettings.ts'
import { retry } from '../retry.ts'
import type { ServiceContext } from '../service.ts'

/**
 * Checks before any work. What is wrong is refused with the fix in the message, and the process ends with 1; what does not
 * answer is waited for.
 */
function patiently<V extends ProcessSettings, T>(ctx: ServiceContext<V>, question: () => Promise<T>): Promise<T> {
  return retry(question, {
    attempts: Number.POSITIVE_INFINITY,
    backoff: { firstMs: 250, maxMs: 10_000 },
    signal: ctx.signal,
    onRetry: (err, attempt) => ctx.logger.warn({ err, attempt }, 'could not check the Gateway, asking again'),
  })
}

/**
 * Makes sure that each contract of the settings is at its address.
 * @throws ConnectorError CONTRACT_MISSING or CONTRACT_MISMATCH
 */
export async function checkContracts<V extends ProcessSettings>(
  ctx: ServiceContext<V>,
  reader: RpcReader,
  contracts: readonly (readonly [name: string, address: Address])[],
): Promise<void> {
  for (const [contract, address] of contracts) {
    const warning = await patiently(ctx, () => expectGatewayContract(reader, contract, address))
    if (warning !== undefined) ctx.logger.warn({ contract, detail: warning }, 'a contract has an unknown version')
  }
}

/**
 * Makes sure that answers are verified for the domains that the contracts compute.
 * @throws ConnectorError DOMAIN_MISMATCH
 */
export async function checkDomains<V extends ProcessSettings>(
  ctx: ServiceContext<V>,
  reader: RpcReader,
  domains: readonly ContractDomain[],
): Promise<void> {
  for (const domain of domains) await patiently(ctx, () => expectDomain(reader, domain))
}

/**
 * Makes sure that our node is one of the KMS nodes.
 * @throws ConnectorError WALLET_UNKNOWN
 */
export async function checkRegistration<V extends ProcessSettings>(
  ctx: ServiceContext<V>,
  config: GatewayConfig,
  wallet: Address,
): Promise<void> {
  const signer = await patiently(ctx, () => expectRegistered(config, wallet))
  ctx.logger.info({ wallet, signer }, 'found this node in GatewayConfig')
}
