import type { Hex } from './hex.ts'
import { hexOf } from './hex.ts'

export interface SigncryptedCiphertext {
  readonly fheType: number
  readonly signcryptedCiphertext: Uint8Array
  readonly externalHandle: Uint8Array
  readonly packingFactor: number
}

/** `UserDecryptionResponsePayload` of KMS Core. */
export interface UserDecryptionPayload {
  readonly verificationKey: Uint8Array
  readonly digest: Uint8Array
  readonly signcryptedCiphertexts: readonly SigncryptedCiphertext[]
  readonly partyId: number
  readonly degree: number
}

/**
 * Serialises the payload as `userDecryptedShare`: bincode in its legacy configuration (fixed-width little-endian
 * integers, u64 lengths), fields in proto order. KMS Core signs exactly these bytes, so one wrong byte makes the
 * contract recover a random signer.
 */
export function encodeUserDecryptedShare(payload: UserDecryptionPayload): Hex {
  const out = Buffer.alloc(encodedLength(payload))
  let at = 0
  const u32 = (value: number): void => {
    at = out.writeUInt32LE(value, at)
  }
  const vec = (bytes: Uint8Array): void => {
    at = out.writeBigUInt64LE(BigInt(bytes.length), at)
    out.set(bytes, at)
    at += bytes.length
  }
  vec(payload.verificationKey)
  vec(payload.digest)
  at = out.writeBigUInt64LE(BigInt(payload.signcryptedCiphertexts.length), at)
  for (const ciphertext of payload.signcryptedCiphertexts) {
    at = out.writeInt32LE(ciphertext.fheType, at)
    vec(ciphertext.signcryptedCiphertext)
    vec(ciphertext.externalHandle)
    u32(ciphertext.packingFactor)
  }
  u32(payload.partyId)
  u32(payload.degree)
  return hexOf(out)
}

function encodedLength(payload: UserDecryptionPayload): number {
  let length = 8 + payload.verificationKey.length + 8 + payload.digest.length + 8 + 8
  for (const ciphertext of payload.signcryptedCiphertexts) {
    length += 4 + 8 + ciphertext.signcryptedCiphertext.length + 8 + ciphertext.externalHandle.length + 4
  }
  return length
}
