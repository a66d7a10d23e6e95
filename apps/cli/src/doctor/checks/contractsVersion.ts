import { expectGatewayContract } from '@kms-connector/gateway'
import { type Check, ok, skipped, together, warn } from '../check.ts'

export const contractsVersion: Check = {
  id: 'contracts.version',
  group: 'contracts',
  why: 'answers go to these addresses; a contract of another version may refuse all of them',
  async run({ gateway, settings }) {
    if (!gateway) return skipped('gateway_url')
    const { decryption_contract, kms_generation_contract, gateway_config_contract } = settings
    const all = [
      ['Decryption', decryption_contract],
      ['KMSGeneration', kms_generation_contract],
      ['GatewayConfig', gateway_config_contract],
    ] as const
    const findings = all.map(async ([name, contract]) => {
      if (!contract) return [name, skipped(`${name} contract`)] as const
      const warning = await expectGatewayContract(gateway, name, contract.address)
      return [
        name,
        warning === undefined ? ok(contract.address) : warn(warning, 'compare with the versions in the README'),
      ] as const
    })
    return together(await Promise.all(findings))
  },
}
