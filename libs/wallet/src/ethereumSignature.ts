import { ConnectorError, CURVE_ORDER, type RecoverableSignature, secp256k1, uintBytes } from '@kms-connector/protocol'
import type { EcdsaSignature } from './derSignature.ts'

/**
 * Makes an Ethereum signature of a plain ECDSA one: takes the lower of the two values of s (EIP-2) and finds the
 * recovery id, by recovering the key that each of the two would mean. That verifies the signature on the way: a key is
 * recovered from exactly the signatures that it can have made over the digest.
 *
 * @param digest 32 bytes
 * @param publicKey of the wallet, uncompressed
 * @throws ConnectorError WALLET_NOT_SIGNING for a signature by another key or over another digest
 */
export function ethereumSignature(
  { r, s }: EcdsaSignature,
  digest: Uint8Array,
  publicKey: Uint8Array,
): RecoverableSignature {
  const lowS = s > CURVE_ORDER >> 1n ? CURVE_ORDER - s : s
  const compact = Buffer.concat([uintBytes(r, 32), uintBytes(lowS, 32)])
  for (const yParity of [0, 1]) {
    const signer = secp256k1.recover(digest, compact, yParity)
    if (signer && Buffer.compare(signer, publicKey) === 0) return { compact, yParity }
  }
  // The two other recovery ids, for an x between the order and the field prime, never happen (1 in 2^127), and the chain
  // does not take them.
  throw new ConnectorError('WALLET_NOT_SIGNING', 'the signature is not one of the key of this wallet')
}
