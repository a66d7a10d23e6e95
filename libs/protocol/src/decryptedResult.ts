import { ConnectorError } from './connectorError.ts'
import type { FheType } from './fheType.ts'
import { type Hex, hexOf } from './hex.ts'

/** Plaintext as KMS Core returns it: little-endian bytes and the type it decrypted. */
export interface CorePlaintext {
  readonly bytes: Uint8Array
  readonly fheType: number
}

/**
 * Encodes plaintexts the way `publicDecryptionResponse` and KMS Core's signature want them: each value as one 32-byte
 * big-endian word, in handle order, without offsets or a length (ABI parameters of a tuple of uint256; bool is 0 or 1,
 * an address is a uint160).
 * @param expected FHE types of the requested handles, in order
 * @throws ConnectorError CORE_ANSWER_INVALID on a wrong count, another type, or bytes that overflow the type
 */
export function encodeDecryptedResult(plaintexts: readonly CorePlaintext[], expected: readonly FheType[]): Hex {
  if (plaintexts.length !== expected.length) {
    throw new ConnectorError('CORE_ANSWER_INVALID', `${plaintexts.length} plaintexts for ${expected.length} handles`)
  }
  const words = new Uint8Array(32 * expected.length)
  for (const [index, fheType] of expected.entries()) {
    writeWord(words, index, plaintexts[index] as CorePlaintext, fheType) // CAST: the lengths were just compared
  }
  return hexOf(words)
}

function writeWord(words: Uint8Array, index: number, plaintext: CorePlaintext, fheType: FheType): void {
  if (plaintext.fheType !== fheType.number) {
    throw new ConnectorError(
      'CORE_ANSWER_INVALID',
      `plaintext ${index} has FHE type ${plaintext.fheType}, requested was ${fheType.number}`,
    )
  }
  const { bytes } = plaintext
  for (let i = fheType.plaintextBytes; i < bytes.length; i++) {
    if (bytes[i] !== 0) throw new ConnectorError('CORE_ANSWER_INVALID', `plaintext ${index} overflows ${fheType.name}`)
  }
  if (fheType.name === 'bool' && (bytes[0] ?? 0) > 1) {
    throw new ConnectorError('CORE_ANSWER_INVALID', `plaintext ${index} is no bool`)
  }
  const end = 32 * index + 31
  const length = Math.min(bytes.length, fheType.plaintextBytes)
  for (let i = 0; i < length; i++) words[end - i] = bytes[i] as number // CAST: i is below the length
}
