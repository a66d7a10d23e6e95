import { createHash } from 'node:crypto'
import { type Address, bytesOf, type Hex, hexOf, type TypedData } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { TypedDataDomain } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { vec } from './bincode.ts'

/** What a signature is about; eight ASCII bytes in front of what is hashed. */
export type DomainSeparator = 'PUBL_DEC' | 'USER_DEC'

/** The part of {@link TypedData} that is signed under a domain the request brings along. */
export type SignedMessage = Pick<TypedData, 'primaryType' | 'types' | 'message'>

/** Signing key of one KMS Core node: its identity towards the Gateway contracts and towards users. */
export class CoreSigner {
  readonly #secret: Uint8Array
  readonly #account: PrivateKeyAccount
  /** Compressed SEC1 point, 33 bytes. */
  readonly publicKey: Uint8Array
  /** `verification_key` of answers: the compressed point behind its bincode length, 41 bytes. */
  readonly verificationKey: Uint8Array

  /** @param privateKey 32 bytes; never logged */
  constructor(privateKey: Hex) {
    this.#secret = bytesOf(privateKey)
    this.#account = privateKeyToAccount(privateKey)
    this.publicKey = secp256k1.getPublicKey(this.#secret, true)
    this.verificationKey = vec(this.publicKey)
  }

  get address(): Address {
    return this.#account.address
  }

  /** Internal ECDSA signature: 64 bytes r, s with low s over SHA-256 of separator and message. */
  signInternal(separator: DomainSeparator, message: Uint8Array): Uint8Array {
    const digest = createHash('sha256').update(separator, 'latin1').update(message).digest()
    return secp256k1.sign(digest, this.#secret, { prehash: false, lowS: true })
  }

  /** External EIP-712 signature, the one contracts check: 65 bytes r, s, v with v 27 or 28. */
  async signTyped(domain: TypedDataDomain, { primaryType, types, message }: SignedMessage): Promise<Uint8Array> {
    return bytesOf(await this.#account.signTypedData({ domain, primaryType, types, message }))
  }

  /** Another node's signer derived from this one: what an impostor in front of the connector would sign with. */
  impostor(): CoreSigner {
    return new CoreSigner(hexOf(createHash('sha256').update('impostor').update(this.#secret).digest()))
  }
}
