import { address, duration, group, integer, text, url } from '../settings/declare.ts'

/** A Gateway contract with its EIP-712 domain. */
export function contractSettings(name: string) {
  return group(
    {
      address: address({
        describe: `Address of the ${name} contract.`,
        example: '0x0000000000000000000000000000000000000001',
      }),
      domain_name: text({ default: name, describe: 'Name in the EIP-712 domain of the contract.' }),
      domain_version: text({ default: '1', describe: 'Version in the EIP-712 domain of the contract.' }),
    },
    { describe: `The ${name} contract on the Gateway.` },
  )
}

/** How to reach the Gateway chain and its contracts. The same in all services. */
export const gatewaySettings = {
  gateway_url: url({ describe: 'JSON-RPC endpoint of the Gateway chain.', example: 'http://localhost:8546' }),
  gateway_chain_id: integer({
    min: 1,
    describe: 'Chain id of the Gateway; checked against the endpoint at start.',
    example: 54321,
  }),
  gateway_timeout: duration({
    default: '10s',
    max: '5m',
    describe: 'How long one call to the Gateway endpoint may take.',
  }),
  decryption_contract: contractSettings('Decryption'),
  kms_generation_contract: contractSettings('KMSGeneration'),
} as const
