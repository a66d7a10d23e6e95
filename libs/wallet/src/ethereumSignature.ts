import { ConnectorError, type Hex } from '@kms-connector/protocol'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { EcdsaSignature } from './derSignature.ts'
import type { CurvePoint } from './publicKeyInfo.ts'
import type { DigestSignature } from './wallet.ts'

const { Point } = secp256k1
const { n } = Point.CURVE()

/**
 * Makes an Ethereum signature of a plain ECDSA one: takes the lower of the two values of s (EIP-2) and finds the
 * recovery id.
 *
 * A signature over z with r and s leads back to one point R = (z/s)G + (r/s)Q. Its x is r, or the signature is not one
 * of key Q over z; the parity of its y is the recovery id. That is one double multiplication in place of recovering two
 * candidate keys, and it verifies the signature on the way.
 *
 * @param digest 32 bytes
 * @param key of the wallet; precompute its table once, it makes this three times faster
 * @throws ConnectorError WALLET_NOT_SIGNING for a signature by another key or over another digest
 */
export function ethereumSignature({ r, s }: EcdsaSignature, digest: Hex, key: CurvePoint): DigestSignature {
  const lowS = s > n >> 1n ? n - s : s
  const inverse = Point.Fn.inv(lowS)
  const z = Point.Fn.create(BigInt(digest))
  const origin = Point.BASE.multiplyUnsafe(Point.Fn.mul(z, inverse)).add(key.multiplyUnsafe(Point.Fn.mul(r, inverse)))
  // An x between the order and the field prime would leave r smaller than x: it never happens (1 in 2^127), and the
  // chain could not recover it.
  if (origin.is0() || origin.x !== r) {
    throw new ConnectorError('WALLET_NOT_SIGNING', 'the signature is not one of the key of this wallet')
  }
  return { r: hex32(r), s: hex32(lowS), yParity: Number(origin.y & 1n) }
}

function hex32(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`
}
