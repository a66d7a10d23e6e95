import { privateKeyWallet } from '@kms-connector/wallet'
import { parseGwei } from 'viem'
import { callRpc } from '../world/jsonRpc.ts'
import type { StageSetup } from './stageSetup.ts'

export interface SignedTransfers {
  readonly transactions: readonly { readonly raw: `0x${string}`; readonly hash: `0x${string}` }[]
}

/** Signs transfers of nothing by the spare account to itself, with the nonces that come next. */
export async function signTransfers({ config }: StageSetup, count: number): Promise<SignedTransfers> {
  const { gatewayUrl, chainId, spareKey } = config
  const wallet = privateKeyWallet(spareKey)
  const { address: to } = wallet
  const first = Number(await callRpc(gatewayUrl, 'eth_getTransactionCount', [to, 'pending']))
  const fees = { gas: 21_000n, maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') }
  const transactions: SignedTransfers['transactions'][number][] = []
  for (let i = 0; i < count; i++)
    transactions.push(await wallet.sign({ ...fees, chainId, nonce: first + i, to, data: '0x' }))
  return { transactions }
}
