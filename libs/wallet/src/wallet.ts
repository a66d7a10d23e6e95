import { type Address, ConnectorError, type Hex } from '@kms-connector/protocol'
import { keccak256, serializeTransaction, type TransactionSerializableEIP1559 } from 'viem'

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

/** Recoverable ECDSA signature over a 32-byte digest. */
export interface DigestSignature {
  readonly r: Hex
  readonly s: Hex
  readonly yParity: number
}

export type SignDigest = (digest: Hex) => Promise<DigestSignature>

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
    const { r, s, yParity } = await this.#digestSignature(keccak256(serializeTransaction(unsigned)))
    const raw = serializeTransaction(unsigned, { r, s, yParity })
    return { raw, hash: keccak256(raw) }
  }

  async #digestSignature(digest: Hex): Promise<DigestSignature> {
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
