import { type Address, OPERATIONS_V0_11, requestIdOf } from '@kms-connector/protocol'
import { encodeFunctionData, type Hex, parseGwei, serializeTransaction } from 'viem'
import type { RequestKind } from '../world/bulkRequests.ts'
import type { BareConfig } from './bareConfig.ts'
import { bareKeccak, bareSigner } from './bareSigner.ts'

/** What the bare worker publishes. */
export interface BareResponse {
  readonly id: string
  readonly result: Hex
  readonly signature: Hex
  readonly extraData: Hex
}

export interface BareTransaction {
  readonly raw: Hex
  readonly hash: Hex
}

const GAS = { public: 400_000n, user: 4_000_000n } as const
const FEES = { type: 'eip1559', maxFeePerGas: parseGwei('100'), maxPriorityFeePerGas: parseGwei('1') } as const

/** The least that a transaction takes: calldata, a digest, a signature. */
export async function bareTransaction(
  config: Pick<BareConfig, 'chainId' | 'privateKey' | 'awsKms'> & {
    readonly kind: RequestKind
    readonly decryption: Address
  },
): Promise<(response: BareResponse, nonce: number) => Promise<BareTransaction>> {
  const { kind, chainId, decryption } = config
  const operation = OPERATIONS_V0_11.find(({ name }) => name === `${kind}-decryption`)
  const functionName = `${kind}DecryptionResponse`
  const nothing = { decryptedResult: '0x', userDecryptedShare: '0x', signature: '0x', extraData: '0x' }
  const abi = [operation?.call(requestIdOf(1n), nothing)?.function]
  const sign = bareSigner(config)
  const keccak = await bareKeccak()
  return async ({ id, result, signature, extraData }, nonce) => {
    const args = [BigInt(`0x${id}`), result, signature, extraData]
    const data = encodeFunctionData({ abi, functionName, args } as never) // CAST: one function, known by its name
    const transaction = { ...FEES, chainId, nonce, to: decryption, data, gas: GAS[kind] }
    const signed = await sign(keccak(serializeTransaction(transaction)))
    const [r, s] = [signed.signature.subarray(0, 32), signed.signature.subarray(32)].map(
      part => `0x${Buffer.from(part).toString('hex')}` as const,
    )
    const raw = serializeTransaction(transaction, { r: r ?? '0x', s: s ?? '0x', yParity: signed.recid })
    return { raw, hash: `0x${keccak(raw).toString('hex')}` }
  }
}
