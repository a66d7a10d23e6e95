import { expectContract } from '@kms-connector/gateway'
import { type Check, ok, skipped, together } from '../check.ts'

export const contractsHosts: Check = {
  id: 'contracts.hosts',
  group: 'contracts',
  why: 'every decryption is checked against the ACL of its host chain; without it none is allowed',
  async run({ hosts, settings }) {
    if (hosts.length === 0) return skipped('host_chains')
    const findings = hosts.map(async ({ rpc, chainId, name }) => {
      const acl = settings.host_chains.find(({ chain_id }) => chain_id === chainId)?.acl_address
      if (acl) await expectContract(rpc, 'ACL', acl)
      return [name, ok(`ACL ${acl}`)] as const
    })
    return together(await Promise.all(findings))
  },
}
