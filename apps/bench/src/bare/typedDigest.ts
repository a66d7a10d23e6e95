import type { Address } from '@kms-connector/protocol'
import { createKeccak } from 'hash-wasm'
import { domainSeparator, getAddress, type Hex, hashTypedData } from 'viem'
import { bareBytes } from './bareBytes.ts'

/** What a KMS Core signs for an answer. */
export interface SignedAnswer {
  /** Of user decryptions. */
  readonly publicKey?: Hex
  readonly ctHandles: readonly Hex[]
  /** The decrypted result of a public decryption, the share of a user decryption. */
  readonly result: Hex
}

export interface DigestTerms {
  readonly chainId: number
  readonly decryption: Address
}

export type TypedDigest = (answer: SignedAnswer) => Uint8Array

const DOMAIN = { name: 'Decryption', version: '1' }
const [HANDLES, EXTRA] = [
  { name: 'ctHandles', type: 'bytes32[]' },
  { name: 'extraData', type: 'bytes' },
]
const PUBLIC = { PublicDecryptVerification: [HANDLES, { name: 'decryptedResult', type: 'bytes' }, EXTRA] }
const USER = {
  UserDecryptResponseVerification: [
    { name: 'publicKey', type: 'bytes' },
    HANDLES,
    { name: 'userDecryptedShare', type: 'bytes' },
    EXTRA,
  ],
}

/** EIP-712 digests as viem makes them. */
export function libraryDigest({ chainId, decryption }: DigestTerms): TypedDigest {
  const domain = { ...DOMAIN, chainId, verifyingContract: getAddress(decryption) }
  return ({ publicKey, ctHandles, result }) => {
    const [types, primaryType, own] =
      publicKey === undefined
        ? [PUBLIC, 'PublicDecryptVerification', { decryptedResult: result }]
        : [USER, 'UserDecryptResponseVerification', { publicKey, userDecryptedShare: result }]
    const message = { ctHandles, extraData: '0x', ...own }
    return bareBytes(hashTypedData({ domain, types, primaryType, message } as never)) // CAST: viem wants literal types
  }
}

const STRUCTS = {
  public: 'PublicDecryptVerification(bytes32[] ctHandles,bytes decryptedResult,bytes extraData)',
  user: 'UserDecryptResponseVerification(bytes publicKey,bytes32[] ctHandles,bytes userDecryptedShare,bytes extraData)',
}
const PREFIX = Buffer.from('1901', 'hex')

/** The same for these two structs alone: seven hashes by WebAssembly. */
export async function leanDigest({ chainId, decryption }: DigestTerms): Promise<TypedDigest> {
  const hasher = await createKeccak(256)
  const keccak = (...parts: readonly Uint8Array[]): Uint8Array => {
    hasher.init()
    for (const part of parts) hasher.update(part)
    return Uint8Array.from(hasher.digest('binary'))
  }
  const separator = bareBytes(domainSeparator({ domain: { ...DOMAIN, chainId, verifyingContract: decryption } }))
  const [publicType, userType] = [keccak(Buffer.from(STRUCTS.public)), keccak(Buffer.from(STRUCTS.user))]
  const noExtraData = keccak(new Uint8Array())
  return ({ publicKey, ctHandles, result }) => {
    const begin = publicKey === undefined ? [publicType] : [userType, keccak(bareBytes(publicKey))]
    const struct = keccak(...begin, keccak(...ctHandles.map(bareBytes)), keccak(bareBytes(result)), noExtraData)
    return keccak(PREFIX, separator, struct)
  }
}
