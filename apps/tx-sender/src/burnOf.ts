import type { Rpc } from '@kms-connector/gateway'
import type { Address } from '@kms-connector/protocol'
import type { UnsignedTransaction } from '@kms-connector/wallet'
import type { Fees } from './fees.ts'
import type { Sender } from './sender.ts'

/** On a rollup even an empty transfer pays for its data, which the usual 21,000 do not cover. */
const LEAST_GAS = 50_000n

/**
 * A transfer of nothing to ourselves, which only consumes the nonce.
 * @throws ConnectorError when the node does not answer
 */
export async function burnOf(
  { rpc, with: { wallet, chainId } }: Pick<Sender, 'rpc' | 'with'>,
  nonce: number,
  { maxFeePerGas, maxPriorityFeePerGas }: Fees,
): Promise<UnsignedTransaction> {
  const gas = await burnGas(rpc, wallet.address)
  return { chainId, nonce, to: wallet.address, data: '0x', gas, maxFeePerGas, maxPriorityFeePerGas }
}

async function burnGas(rpc: Rpc, wallet: Address): Promise<bigint> {
  const estimate = await rpc.quantity('eth_estimateGas', [{ from: wallet, to: wallet, data: '0x' }, 'latest'])
  const padded = (estimate * 120n) / 100n
  return padded > LEAST_GAS ? padded : LEAST_GAS
}
