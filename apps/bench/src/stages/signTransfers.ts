import type { Hex } from '@kms-connector/protocol'
import { privateKeyWallet } from '@kms-connector/wallet'
import { parseGwei } from 'viem'
import { callRpc } from '../world/jsonRpc.ts'
import type { StageSetup } from './stageSetup.ts'

export interface SignedTransfer {
  readonly raw: Hex
  readonly hash: Hex
}

/** Signs transfers of nothing by the spare account to itself, with the nonces that come next. */
export async function signTransfers({ config }: StageSetup, count: number): Promise<SignedTransfer[]> {
  const { gatewayUrl, chainId, spareKey } = config
  const wallet = privateKeyWallet(spareKey)
  const { address: to } = wallet
  const first = Number(await callRpc(gatewayUrl, 'eth_getTransactionCount', [to, 'pending']))
  const fees = { gas: 21_000n, maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') }
  const transactions: SignedTransfer[] = []
  for (let i = 0; i < count; i++)
    transactions.push(await wallet.sign({ ...fees, chainId, nonce: first + i, to, data: '0x' }))
  return transactions
}
