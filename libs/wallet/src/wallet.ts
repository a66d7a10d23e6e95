import {
  type Address,
  bytesOf,
  ConnectorError,
  type Hex,
  hexOf,
  keccak256,
  type RecoverableSignature,
} from '@kms-connector/protocol'
import type { TransactionSerializableEIP1559 } from 'viem'
import { serializeTransaction } from 'viem/utils'

/** A transaction of ours before it is signed. Amounts in wei. */
export interface UnsignedTransaction {
  readonly chainId: number
  readonly nonce: number
  readonly to: Address
  readonly data: Hex
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export interface SignedTransaction {
  readonly raw: Hex
  readonly hash: Hex
}

/** @param digest 32 bytes */
export type SignDigest = (digest: Uint8Array) => Promise<RecoverableSignature>

/**
 * The account that pays for answers. Kinds of wallets differ in one thing only, how a digest is signed; a signature that
 * fails holds no nonce, because nonces are allocated by storing signed bytes.
 */
export class Wallet {
  readonly address: Address
  readonly #signDigest: SignDigest

  constructor(address: Address, signDigest: SignDigest) {
    this.address = address
    this.#signDigest = signDigest
  }

  /**
   * @throws ConnectorError WALLET_NOT_SIGNING when the key does not sign, QUEUE_FULL when too many signatures wait for a
   * signing service
   */
  async sign(transaction: UnsignedTransaction): Promise<SignedTransaction> {
    const unsigned: TransactionSerializableEIP1559 = { type: 'eip1559', ...transaction }
    const { compact, yParity } = await this.#signatureOf(keccak256(bytesOf(serializeTransaction(unsigned))))
    const [r, s] = [hexOf(compact.subarray(0, 32)), hexOf(compact.subarray(32))]
    const raw = serializeTransaction(unsigned, { r, s, yParity })
    return { raw, hash: hexOf(keccak256(bytesOf(raw))) }
  }

  async #signatureOf(digest: Uint8Array): Promise<RecoverableSignature> {
    try {
      return await this.#signDigest(digest)
    } catch (cause) {
      if (cause instanceof ConnectorError) throw cause
      throw new ConnectorError(
        'WALLET_NOT_SIGNING',
        `the wallet ${this.address} did not sign`,
        { wallet: this.address },
        cause,
      )
    }
  }
}
