import type { GatewayDeployment } from '../chain/index.ts'
import type { DevAccount } from './accounts.ts'
import type { DevnetChains, DevnetContracts } from './chains.ts'
import type { DevnetOptions, Variables } from './devnetOptions.ts'
import type { NodeSecurity } from './nodeSecurity.ts'
import type { Service } from './programs.ts'

/** What the services of one node are told about their surroundings. */
export interface Surroundings {
  readonly chains: DevnetChains
  readonly contracts: DevnetContracts
  readonly natsUrl: string
  readonly coreUrl: string
  readonly wallet: DevAccount
  readonly security?: NodeSecurity | undefined
}

const SETTINGS_OF = { 'gw-listener': 'listener', 'kms-worker': 'worker', 'tx-sender': 'sender' } as const

/** @returns the environment of a service; the operating system picks the port of its monitoring server */
export function serviceVariables(
  service: Service,
  name: string,
  surroundings: Surroundings,
  options: DevnetOptions,
): Record<string, string> {
  const variables: Variables = {
    SERVICE_NAME: name,
    MONITORING_ENDPOINT: '127.0.0.1:0',
    // Shorter than the grace of the devnet, so that a drain ends by itself.
    SHUTDOWN_TIMEOUT: '8s',
    NATS_URL: surroundings.natsUrl,
    ...gatewayVariables(surroundings, options),
    ...particular(service, surroundings),
    ...surroundings.security?.variables(service),
    ...options[SETTINGS_OF[service]],
  }
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [`KMS_CONNECTOR_${key}`, value]))
}

function gatewayVariables({ chains, contracts }: Surroundings, { gatewayUrl }: DevnetOptions): Variables {
  return {
    GATEWAY_URL: gatewayUrl?.(chains.gateway.rpcUrl) ?? chains.gateway.rpcUrl,
    GATEWAY_CHAIN_ID: String(chains.gateway.chainId),
    DECRYPTION_CONTRACT__ADDRESS: contracts.gateway.decryption,
    KMS_GENERATION_CONTRACT__ADDRESS: contracts.gateway.kmsGeneration,
  }
}

function particular(service: Service, { chains, contracts, coreUrl, wallet }: Surroundings): Variables {
  switch (service) {
    case 'gw-listener':
      return { DECRYPTION_POLLING: '200ms', KEY_MANAGEMENT_POLLING: '500ms', ...startBlocks(contracts.gateway) }
    case 'kms-worker':
      return {
        GATEWAY_CONFIG_CONTRACT__ADDRESS: contracts.gateway.gatewayConfig,
        WALLET_ADDRESS: wallet.address,
        KMS_CORE_ENDPOINTS: coreUrl,
        ALLOW_PRIVATE_BUCKETS: 'true',
        HOST_CHAINS: JSON.stringify([
          { url: chains.host.rpcUrl, chain_id: chains.host.chainId, acl_address: contracts.acl },
        ]),
      }
    case 'tx-sender':
      return {
        GATEWAY_CONFIG_CONTRACT__ADDRESS: contracts.gateway.gatewayConfig,
        PRIVATE_KEY: wallet.privateKey,
      }
  }
}

function startBlocks({ deployedAtBlock }: GatewayDeployment): Variables {
  const block = String(deployedAtBlock)
  return { DECRYPTION_FROM_BLOCK_NUMBER: block, KMS_OPERATION_FROM_BLOCK_NUMBER: block }
}
