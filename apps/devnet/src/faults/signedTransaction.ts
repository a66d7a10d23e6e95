import {
  type Hex,
  isHex,
  keccak256,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerialized,
} from 'viem'

/** What nonce rules look at. */
export interface SignedTransaction {
  readonly hash: Hex
  readonly from: string
  readonly nonce: number
  /** Wei; the gas price of a legacy transaction counts as both. */
  readonly feeCap: bigint
  readonly tip: bigint
}

/** @returns undefined when the bytes are no signed transaction */
export async function readSignedTransaction(raw: unknown): Promise<SignedTransaction | undefined> {
  if (!isHex(raw)) return undefined
  try {
    const { nonce = 0, maxFeePerGas, maxPriorityFeePerGas, gasPrice = 0n } = parseTransaction(raw)
    const from = await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized }) // CAST: parsed
    const feeCap = maxFeePerGas ?? gasPrice
    return { hash: keccak256(raw), from, nonce, feeCap, tip: maxPriorityFeePerGas ?? feeCap }
  } catch {
    return undefined
  }
}
