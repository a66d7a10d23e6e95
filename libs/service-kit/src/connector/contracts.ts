import type { Address, ContractDomain, ContractName } from '@kms-connector/protocol'
import type { Loaded } from '../settings/declare.ts'
import type { gatewaySettings } from './gatewaySettings.ts'

export type GatewayLoaded = Loaded<typeof gatewaySettings>
type Domains = Pick<GatewayLoaded, 'gateway_chain_id' | 'decryption_contract' | 'kms_generation_contract'>

/** EIP-712 domain of every Gateway contract that answers go to. */
export function contractDomains(settings: Domains): Readonly<Record<ContractName, ContractDomain>> {
  const domain = (contract: GatewayLoaded['decryption_contract']): ContractDomain => ({
    name: contract.domain_name,
    version: contract.domain_version,
    chainId: settings.gateway_chain_id,
    verifyingContract: contract.address,
  })
  return { Decryption: domain(settings.decryption_contract), KMSGeneration: domain(settings.kms_generation_contract) }
}

export function contractAddress(settings: GatewayLoaded, contract: ContractName): Address {
  return contract === 'Decryption' ? settings.decryption_contract.address : settings.kms_generation_contract.address
}
