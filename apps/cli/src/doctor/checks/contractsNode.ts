import { expectRegistered, GatewayConfig } from '@kms-connector/gateway'
import { type Check, ok, skipped } from '../check.ts'

export const contractsNode: Check = {
  id: 'contracts.node',
  group: 'contracts',
  why: 'the contracts take answers only from the wallet and the signer that are registered for this node',
  async run(context) {
    const { gateway, settings } = context
    const registry = settings.gateway_config_contract
    if (!gateway || !registry) return skipped('gateway_config_contract')
    const wallet = await context.wallet()
    if (!wallet) return skipped('wallet_address')
    const signer = await expectRegistered(new GatewayConfig(gateway, registry.address), wallet)
    return ok(`wallet ${wallet} is registered with signer ${signer}`)
  },
}
