import { createCipheriv, randomBytes } from 'node:crypto'
import { shake256 } from '@noble/hashes/sha3.js'
import { ml_kem512 } from '@noble/post-quantum/ml-kem.js'
import { i32, vec } from './bincode.ts'
import type { CoreSigner } from './coreSigner.ts'

const NONCE_BYTES = 12

/** One plaintext on its way to a user. */
export interface SigncryptionInput {
  /** Little-endian plaintext of a single node, or the serialised share of a threshold node. */
  readonly content: Uint8Array
  /** `fhe_type` on the wire. */
  readonly fheType: number
  /** Hash that ties the answer to the request. */
  readonly link: Uint8Array
  /** 20 bytes. */
  readonly clientAddress: Uint8Array
  /** Raw ML-KEM-512 encapsulation key of the user, 800 bytes. */
  readonly encapsulationKey: Uint8Array
}

/**
 * Signs a plaintext for one user and encrypts it to that user's key, as KMS Core v0.13 does: the ECDSA signature covers
 * the plaintext, its type, the link, the user's address and the hash of the user's key; signature and hash of the
 * signer's key travel inside an ML-KEM-512 + AES-256-GCM envelope, so only the user learns what was signed.
 */
export function signcrypt(signer: CoreSigner, input: SigncryptionInput): Uint8Array {
  const message = Buffer.concat([vec(input.content), i32(input.fheType), vec(input.link)])
  const receiver = keyHash(vec(input.encapsulationKey))
  const signature = signer.signInternal('USER_DEC', Buffer.concat([message, input.clientAddress, receiver]))
  return seal(Buffer.concat([message, signature, keyHash(signer.verificationKey)]), input.encapsulationKey)
}

function keyHash(key: Uint8Array): Uint8Array {
  return shake256(Buffer.concat([Buffer.from('SIGNCRYP', 'latin1'), key]), { dkLen: 32 })
}

function seal(plaintext: Uint8Array, encapsulationKey: Uint8Array): Uint8Array {
  const { cipherText, sharedSecret } = ml_kem512.encapsulate(encapsulationKey)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sharedSecret, nonce)
  const body = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([nonce, vec(cipherText), vec(body)])
}
