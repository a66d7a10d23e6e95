import {
  type Address,
  addressOfPublicKey,
  bytesOf,
  ConnectorError,
  type ContractDomain,
  type Hex,
  secp256k1,
  type TypedData,
  typedDataDigest,
} from '@kms-connector/protocol'

/** r, s and v. */
const SIGNATURE_BYTES = 65
/** What the last byte of a signature may be, and the parity that it means. */
const PARITIES: Readonly<Record<number, number>> = { 0: 0, 1: 1, 27: 0, 28: 1 }

/**
 * @returns who signed the answer, in lower case
 * @throws ConnectorError CORE_SIGNATURE_INVALID when no key can have made the signature
 */
export function recoverSigner(domain: ContractDomain, data: TypedData, signature: Hex): Address {
  const digest = typedDataDigest(domain, data)
  const bytes = bytesOf(signature)
  const yParity = bytes.length === SIGNATURE_BYTES ? PARITIES[bytes[SIGNATURE_BYTES - 1] ?? -1] : undefined
  const signer = yParity === undefined ? undefined : secp256k1.recover(digest, bytes.subarray(0, 64), yParity)
  if (!signer) throw new ConnectorError('CORE_SIGNATURE_INVALID', 'no key can have made this signature')
  return addressOfPublicKey(signer)
}
