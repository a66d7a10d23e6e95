import { integer, list, optional } from '../settings/declare.ts'
import type { Environment } from '../settings/environment.ts'
import { type LoadedSettings, loadSettings } from '../settings/load.ts'
import { defineSettings, type Schema } from '../settings/schema.ts'
import { brokerSettings } from './brokerSettings.ts'
import { finality } from './finality.ts'
import { gatewaySettings } from './gatewaySettings.ts'
import { LEGACY_NAMES } from './legacyNames.ts'
import { nodeSettings } from './nodeSettings.ts'
import { CONNECTOR_VARIABLES } from './siblings.ts'
import { walletSettings } from './walletSettings.ts'
import { coreSettings, hostChain, walletAddress } from './workerSettings.ts'

const GIVEN = { givenBy: 'address' } as const

/** What operator commands read of the settings of the services. Only NATS has defaults; a command says what it misses. */
const commandSettings = defineSettings(
  {
    ...brokerSettings,
    gateway_url: optional(gatewaySettings.gateway_url),
    gateway_chain_id: optional(gatewaySettings.gateway_chain_id),
    gateway_timeout: gatewaySettings.gateway_timeout,
    decryption_contract: optional(gatewaySettings.decryption_contract, GIVEN),
    kms_generation_contract: optional(gatewaySettings.kms_generation_contract, GIVEN),
    gateway_config_contract: optional(nodeSettings.gateway_config_contract, GIVEN),
    ...walletSettings,
    wallet_address: optional(walletAddress),
    kms_core_endpoints: optional(coreSettings.kms_core_endpoints),
    kms_core_tls: coreSettings.kms_core_tls,
    host_chains: list(hostChain, { unique: 'chain_id' }),
    decryption_finality: finality({ default: 'latest', describe: 'How final a block must be for decryptions.' }),
    key_management_finality: finality({ default: 'latest', describe: 'How final a block must be for key operations.' }),
    get_logs_batch_size: integer({ default: 100, min: 1, max: 100_000, describe: 'Most blocks of one eth_getLogs.' }),
    max_in_flight: integer({ default: 256, min: 1, max: 4096, describe: 'Decryptions that one worker holds.' }),
  },
  [],
  LEGACY_NAMES,
)

export type CommandSettings = typeof commandSettings extends Schema<infer V> ? V : never

/**
 * Loads the settings of a command as a service loads its own: defaults < files < environment. What belongs to services
 * alone is left alone, so the files of the services can be given as they are.
 * @param files TOML files; a later one overrides those before it
 * @throws ConnectorError SETTINGS_INVALID
 */
export function loadCommandSettings(files: readonly string[], env: Environment): LoadedSettings<CommandSettings> {
  return loadSettings(commandSettings, { files, env, alsoKnown: CONNECTOR_VARIABLES })
}
