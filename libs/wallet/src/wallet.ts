import {
  type Address,
  ConnectorError,
  type Hex,
  hexOf,
  keccak256,
  type RecoverableSignature,
} from '@kms-connector/protocol'
import { TransactionText, type UnsignedTransaction } from './eip1559.ts'

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
    const text = new TransactionText(transaction)
    const signed = text.signed(await this.#signatureOf(keccak256(text.unsigned())))
    return { raw: hexOf(signed), hash: hexOf(keccak256(signed)) }
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
