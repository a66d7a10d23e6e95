import { type Hex, isRequestId, OPERATIONS_V0_11, operationOf } from '@kms-connector/protocol'
import { encodeFunctionData, type Hash, keccak256, parseGwei } from 'viem'
import { decryptionAbi } from '../../apps/devnet/src/chain/abi.ts'
import { ChainSender } from '../../apps/devnet/src/chain/chainSender.ts'
import { RELAYER } from '../../apps/devnet/src/devnet/accounts.ts'
import type { Devnet } from '../../apps/devnet/src/devnet/index.ts'

const GAS = 5_000_000n

/**
 * Asks for a public decryption in a transaction whose hash begins with the type byte of an operation, as one hash in forty
 * does: the gas limit is counted up until it fits. The relayer must have nothing under way.
 */
export async function requestWithHashLikeAnId({ chains, contracts }: Devnet, handle: Hex): Promise<Hash> {
  const { account, client } = new ChainSender({ rpcUrl: chains.gateway.rpcUrl, privateKey: RELAYER.privateKey })
  const data = encodeFunctionData({
    abi: decryptionAbi,
    functionName: 'publicDecryptionRequest',
    args: [[handle], '0x00'],
  })
  const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' })
  const fees = { type: 'eip1559', maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') } as const
  const call = { ...fees, to: contracts.gateway.decryption, data, nonce, chainId: await client.getChainId() }
  for (let gas = GAS; ; gas++) {
    const bytes = await account.signTransaction({ ...call, gas })
    const hash = keccak256(bytes)
    const digits = hash.slice(2)
    if (!isRequestId(digits) || !operationOf(OPERATIONS_V0_11, digits)) continue
    await client.sendRawTransaction({ serializedTransaction: bytes })
    const { status } = await client.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new Error(`transaction ${hash} was reverted`)
    return hash
  }
}
