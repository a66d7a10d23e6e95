import type { UnsignedTransaction } from '@kms-connector/wallet'
import type { Sender } from './sender.ts'
import type { Attempt } from './slot.ts'

/**
 * Signs a transaction. Nothing is held meanwhile: only storing the result takes or keeps a nonce.
 * @throws ConnectorError WALLET_NOT_SIGNING or QUEUE_FULL
 */
export async function signAttempt(sender: Sender, transaction: UnsignedTransaction, burn: boolean): Promise<Attempt> {
  const { hash, raw } = await sender.with.wallet.sign(transaction)
  const { gas, maxFeePerGas } = transaction
  return { hash, raw, gas, maxFeePerGas, signedAt: Date.now(), ...(burn ? { burn } : {}) }
}
