import { type Address, ConnectorError } from '@kms-connector/protocol'
import type { GatewayConfig } from './gatewayConfig.ts'

/**
 * Makes sure that our node is one of the KMS nodes: its wallet may answer, and a signer is registered for it.
 * @returns the signer of our KMS Core, in lower case
 * @throws ConnectorError WALLET_UNKNOWN (fatal) for a wallet that GatewayConfig does not know, or the fault of the endpoint
 */
export async function expectRegistered(config: GatewayConfig, wallet: Address): Promise<Address> {
  const [mayAnswer, signer] = await Promise.all([config.isKmsTxSender(wallet), config.signerOf(wallet)])
  if (mayAnswer && signer) return signer
  throw new ConnectorError('WALLET_UNKNOWN', `GatewayConfig knows no KMS node with wallet ${wallet}`, { wallet })
}
