import { ConnectorError } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'

/**
 * RFC 5480: SEQUENCE of 86 bytes { SEQUENCE { id-ecPublicKey 1.2.840.10045.2.1, secp256k1 1.3.132.0.10 }, BIT STRING of
 * 66 bytes with no unused bits }. The key follows as an uncompressed point of 65 bytes.
 */
const PREFIX = Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex')
const POINT_BYTES = 65

/**
 * Reads a public key as key services hand it out: a SubjectPublicKeyInfo in DER. For secp256k1 there is exactly one way
 * to write one, 88 bytes, so anything else is refused.
 *
 * @returns the point, uncompressed
 * @throws ConnectorError WALLET_UNUSABLE
 */
export function parsePublicKeyInfo(der: Uint8Array): Uint8Array {
  const prefix = Buffer.from(der.subarray(0, PREFIX.length))
  if (der.length !== PREFIX.length + POINT_BYTES || !prefix.equals(PREFIX)) {
    throw new ConnectorError('WALLET_UNUSABLE', `the public key is not one of secp256k1 (${der.length} bytes)`)
  }
  const point = der.subarray(PREFIX.length)
  try {
    if (point[0] !== 0x04) throw new RangeError('the point is not uncompressed')
    secp256k1.Point.fromBytes(point).assertValidity()
    return Uint8Array.from(point)
  } catch (fault) {
    throw new ConnectorError('WALLET_UNUSABLE', 'the public key is no point of secp256k1', {}, fault)
  }
}
