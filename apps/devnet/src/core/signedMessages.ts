import type { Hex } from '@kms-connector/protocol'
import type { SignedMessage } from './coreSigner.ts'

/**
 * EIP-712 messages that KMS Core v0.13 signs. The Core ignores the `extra_data` of requests, so every message that has
 * such a field is signed with empty bytes.
 */
const NO_EXTRA_DATA: Hex = '0x'

export function publicDecryptionMessage(ctHandles: readonly Hex[], decryptedResult: Hex): SignedMessage {
  return {
    primaryType: 'PublicDecryptVerification',
    types: {
      PublicDecryptVerification: [
        { name: 'ctHandles', type: 'bytes32[]' },
        { name: 'decryptedResult', type: 'bytes' },
        { name: 'extraData', type: 'bytes' },
      ],
    },
    message: { ctHandles, decryptedResult, extraData: NO_EXTRA_DATA },
  }
}

export function userDecryptionMessage(
  publicKey: Hex,
  ctHandles: readonly Hex[],
  userDecryptedShare: Hex,
): SignedMessage {
  return {
    primaryType: 'UserDecryptResponseVerification',
    types: {
      UserDecryptResponseVerification: [
        { name: 'publicKey', type: 'bytes' },
        { name: 'ctHandles', type: 'bytes32[]' },
        { name: 'userDecryptedShare', type: 'bytes' },
        { name: 'extraData', type: 'bytes' },
      ],
    },
    message: { publicKey, ctHandles, userDecryptedShare, extraData: NO_EXTRA_DATA },
  }
}

/** Hashed, never signed: ties a user's answer to the key, the handles and the user it was made for. */
export function userLinkMessage(publicKey: Hex, handles: readonly Hex[], userAddress: Hex): SignedMessage {
  return {
    primaryType: 'UserDecryptionLinker',
    types: {
      UserDecryptionLinker: [
        { name: 'publicKey', type: 'bytes' },
        { name: 'handles', type: 'bytes32[]' },
        { name: 'userAddress', type: 'address' },
      ],
    },
    message: { publicKey, handles, userAddress },
  }
}

export function prepKeygenMessage(prepKeygenId: bigint): SignedMessage {
  return {
    primaryType: 'PrepKeygenVerification',
    types: { PrepKeygenVerification: [{ name: 'prepKeygenId', type: 'uint256' }] },
    message: { prepKeygenId },
  }
}

/** @param keyDigests in the order server key, public key; `keyType` 0 is the server key, 1 the public key */
export function keygenMessage(
  prepKeygenId: bigint,
  keyId: bigint,
  keyDigests: readonly { keyType: number; digest: Hex }[],
): SignedMessage {
  return {
    primaryType: 'KeygenVerification',
    types: {
      KeygenVerification: [
        { name: 'prepKeygenId', type: 'uint256' },
        { name: 'keyId', type: 'uint256' },
        { name: 'keyDigests', type: 'KeyDigest[]' },
      ],
      KeyDigest: [
        { name: 'keyType', type: 'uint8' },
        { name: 'digest', type: 'bytes' },
      ],
    },
    message: { prepKeygenId, keyId, keyDigests },
  }
}

export function crsgenMessage(crsId: bigint, maxBitLength: bigint, crsDigest: Hex): SignedMessage {
  return {
    primaryType: 'CrsgenVerification',
    types: {
      CrsgenVerification: [
        { name: 'crsId', type: 'uint256' },
        { name: 'maxBitLength', type: 'uint256' },
        { name: 'crsDigest', type: 'bytes' },
      ],
    },
    message: { crsId, maxBitLength, crsDigest },
  }
}
