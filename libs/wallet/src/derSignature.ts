import { ConnectorError, CURVE_ORDER } from '@kms-connector/protocol'

export interface EcdsaSignature {
  readonly r: bigint
  readonly s: bigint
}

const SEQUENCE = 0x30
const INTEGER = 0x02
/** Two integers of 32 bytes and a sign byte each, with their headers. */
const MAX_BYTES = 72

/**
 * Reads an ECDSA signature in DER, as key services return it: SEQUENCE { INTEGER r, INTEGER s } (RFC 3279). Strict: one
 * signature can be written in one way only; negative or padded integers, long lengths and trailing bytes are refused.
 *
 * @throws ConnectorError WALLET_NOT_SIGNING
 * Invariant: r and s of the result are 1 to n - 1.
 */
export function parseDerSignature(der: Uint8Array): EcdsaSignature {
  if (der.length > MAX_BYTES) throw malformed(`has ${der.length} bytes`)
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw malformed('is not one sequence')
  const [r, afterR] = readInteger(der, 2)
  const [s, afterS] = readInteger(der, afterR)
  if (afterS !== der.length) throw malformed('has trailing bytes')
  return { r, s }
}

function readInteger(der: Uint8Array, at: number): [value: bigint, next: number] {
  const length = der[at + 1]
  if (der[at] !== INTEGER || length === undefined) throw malformed('lacks an integer')
  const start = at + 2
  const bytes = der.subarray(start, start + length)
  // A length of 0x80 and more is longer than anything that fits.
  if (length === 0 || bytes.length !== length) throw malformed('ends inside an integer')
  const [first = 0, second = 0x80] = bytes
  if (first >= 0x80) throw malformed('has a negative integer')
  if (first === 0 && second < 0x80) throw malformed('has a padded integer')
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  if (value < 1n || value >= CURVE_ORDER) throw malformed('has an integer outside the curve order')
  return [value, start + length]
}

function malformed(how: string): ConnectorError {
  return new ConnectorError('WALLET_NOT_SIGNING', `the signature ${how}`)
}
