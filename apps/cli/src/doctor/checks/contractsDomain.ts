import { expectDomain } from '@kms-connector/gateway'
import { contractDomains } from '@kms-connector/service-kit'
import { type Check, ok, skipped } from '../check.ts'

export const contractsDomain: Check = {
  id: 'contracts.domain',
  group: 'contracts',
  why: 'one wrong word in the EIP-712 domain, and every answer recovers to a random signer',
  async run({ gateway, settings }) {
    const { gateway_chain_id, decryption_contract, kms_generation_contract } = settings
    if (!gateway || gateway_chain_id === undefined) return skipped('gateway_chain_id')
    if (!decryption_contract || !kms_generation_contract) return skipped('decryption_contract')
    const domains = contractDomains({ gateway_chain_id, decryption_contract, kms_generation_contract })
    for (const domain of Object.values(domains)) await expectDomain(gateway, domain)
    return ok(
      Object.values(domains)
        .map(({ name, version }) => `${name} ${version}`)
        .join(', '),
    )
  },
}
