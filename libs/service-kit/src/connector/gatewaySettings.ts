import { address, duration, group, integer, text, urls } from '../settings/declare.ts'

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

/** Endpoints of one chain, at most. */
export const MAX_ENDPOINTS = 8

/** How to reach the Gateway chain and its contracts. The same in all services. */
export const gatewaySettings = {
  gateway_url: urls({
    describe:
      'JSON-RPC endpoint of the Gateway chain, or several in the order of preference: reads go to the best of them and fail over to the others.',
    example: 'http://localhost:8546',
    max: MAX_ENDPOINTS,
  }),
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
  rpc_max_lag: integer({
    default: 100,
    min: 1,
    max: 1_000_000,
    describe: 'Blocks behind the other endpoints of its chain at which a JSON-RPC endpoint is not used any more.',
  }),
  rpc_probe_interval: duration({
    default: '5s',
    min: '100ms',
    max: '10m',
    describe:
      'Pause between two looks at all JSON-RPC endpoints, in use or not: their chain, their head and whether they are syncing. An endpoint that has recovered is found again within this time.',
  }),
  decryption_contract: contractSettings('Decryption'),
  kms_generation_contract: contractSettings('KMSGeneration'),
} as const
