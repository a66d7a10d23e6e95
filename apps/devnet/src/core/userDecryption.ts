import { create } from '@bufbuild/protobuf'
import {
  type UserDecryptionResponse,
  type UserDecryptionResponsePayload,
  UserDecryptionResponsePayloadSchema,
  UserDecryptionResponseSchema,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import { bytesOf, hexOf } from '@kms-connector/protocol'
import { hashTypedData } from 'viem'
import { i32, u32, u64, vec } from './bincode.ts'
import { breathe } from './computeLane.ts'
import type { CoreSigner } from './coreSigner.ts'
import type { ComputeFault } from './faults.ts'
import { type AnswerDomain, addressBytes, type CiphertextInput, type ClientInput } from './requestChecks.ts'
import { constantShare, PACKING_FACTOR, shareDegree } from './ringShares.ts'
import { signcrypt } from './signcryption.ts'
import { userDecryptionMessage, userLinkMessage } from './signedMessages.ts'
import { plaintextBytes, type TfheKeys } from './tfheKeys.ts'

export interface UserDecryption {
  readonly ciphertexts: readonly CiphertextInput[]
  readonly client: ClientInput
  readonly domain: AnswerDomain
  readonly keys: TfheKeys
}

/** Which node of which network answers. */
export interface Party {
  readonly id: number
  readonly parties: number
}

/**
 * Decrypts and signcrypts every value to the user's key. A single node sends plaintexts; a node of a network sends its
 * shares, from which a client reconstructs the plaintext. The external signature covers the bincode form of the payload,
 * which is what goes on chain as `userDecryptedShare`.
 * @throws UndecryptableError when a ciphertext is not what the request says
 */
export async function userDecryption(
  work: UserDecryption,
  signer: CoreSigner,
  party: Party,
  fault?: ComputeFault,
): Promise<UserDecryptionResponse> {
  const { ciphertexts, client, domain, keys } = work
  const encKey = hexOf(client.encKey)
  const handles = ciphertexts.map(({ handle }) => handle)
  const link = bytesOf(hashTypedData({ domain, ...userLinkMessage(encKey, handles, client.address) }))
  if (fault === 'wrong-request-id') link[0] = (link[0] ?? 0) ^ 0xff
  const payload = create(UserDecryptionResponsePayloadSchema, {
    verificationKey: signer.verificationKey,
    digest: link,
    partyId: party.id,
    degree: shareDegree(party.parties),
  })
  for (const { bytes, fheType, externalHandle } of ciphertexts) {
    await breathe()
    const value = keys.decrypt(bytes, fheType)
    const content = party.parties === 1 ? plaintextBytes(value, fheType) : constantShare(value, fheType)
    const signcryptedCiphertext = signcrypt(signer, {
      content,
      fheType: fheType.number,
      link,
      clientAddress: addressBytes(client.address),
      encapsulationKey: client.encapsulationKey,
    })
    payload.signcryptedCiphertexts.push({
      $typeName: 'kms.v1.TypedSigncryptedCiphertext',
      fheType: fheType.number,
      signcryptedCiphertext,
      externalHandle,
      packingFactor: PACKING_FACTOR,
    })
  }
  const [first] = payload.signcryptedCiphertexts
  if (fault === 'wrong-count') payload.signcryptedCiphertexts.pop()
  if (fault === 'wrong-type' && first) first.fheType = first.fheType === 8 ? 7 : 8
  const share = shareBytes(payload)
  return create(UserDecryptionResponseSchema, {
    signature: signer.signInternal('USER_DEC', share),
    externalSignature: await signer.signTyped(domain, userDecryptionMessage(encKey, handles, hexOf(share))),
    payload,
  })
}

/** bincode of the payload, fields in the order of the message. */
function shareBytes(payload: UserDecryptionResponsePayload): Uint8Array {
  const items = payload.signcryptedCiphertexts.flatMap(item => [
    i32(item.fheType),
    vec(item.signcryptedCiphertext),
    vec(item.externalHandle),
    u32(item.packingFactor),
  ])
  return Buffer.concat([
    vec(payload.verificationKey),
    vec(payload.digest),
    u64(payload.signcryptedCiphertexts.length),
    ...items,
    u32(payload.partyId),
    u32(payload.degree),
  ])
}
