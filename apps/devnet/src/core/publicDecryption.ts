import { create } from '@bufbuild/protobuf'
import {
  type PublicDecryptionResponse,
  PublicDecryptionResponsePayloadSchema,
  PublicDecryptionResponseSchema,
  type TypedPlaintext,
  TypedPlaintextSchema,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import { type Hex, hexOf, type RequestId, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import { i32, u64, vec } from './bincode.ts'
import { breathe } from './computeLane.ts'
import type { CoreSigner } from './coreSigner.ts'
import { type ComputeFault, OTHER_ID } from './faults.ts'
import type { AnswerDomain, CiphertextInput } from './requestChecks.ts'
import { publicDecryptionMessage } from './signedMessages.ts'
import { plaintextBytes, type TfheKeys } from './tfheKeys.ts'

export interface PublicDecryption {
  readonly id: RequestId
  readonly ciphertexts: readonly CiphertextInput[]
  readonly domain: AnswerDomain
  readonly keys: TfheKeys
}

/**
 * Decrypts and signs: little-endian plaintexts in the order of the request, the internal signature over the payload, the
 * external one over handles and ABI words. `extra_data` of the answer is empty whatever the request said.
 * @throws UndecryptableError when a ciphertext is not what the request says
 */
export async function publicDecryption(
  work: PublicDecryption,
  signer: CoreSigner,
  fault?: ComputeFault,
): Promise<PublicDecryptionResponse> {
  const { ciphertexts, keys, domain } = work
  const plaintexts: TypedPlaintext[] = []
  for (const { bytes, fheType } of ciphertexts) {
    await breathe()
    const value = keys.decrypt(bytes, fheType)
    plaintexts.push(create(TypedPlaintextSchema, { bytes: plaintextBytes(value, fheType), fheType: fheType.number }))
  }
  const message = publicDecryptionMessage(
    ciphertexts.map(({ handle }) => handle),
    abiWords(plaintexts),
  )
  const [first] = plaintexts
  if (fault === 'wrong-count') plaintexts.pop()
  if (fault === 'wrong-type' && first) first.fheType = first.fheType === 8 ? 7 : 8
  const requestId = fault === 'wrong-request-id' ? requestIdOf(requestIdValue(work.id) ^ OTHER_ID) : work.id
  const { verificationKey } = signer
  return create(PublicDecryptionResponseSchema, {
    signature: signer.signInternal('PUBL_DEC', payloadBytes(verificationKey, plaintexts, requestId)),
    externalSignature: await signer.signTyped(domain, message),
    payload: create(PublicDecryptionResponsePayloadSchema, { verificationKey, plaintexts, requestId: { requestId } }),
  })
}

/** The plaintexts as the contract hashes them: 32-byte big-endian words. */
function abiWords(plaintexts: readonly TypedPlaintext[]): Hex {
  const words = plaintexts.map(({ bytes }) => {
    const word = new Uint8Array(32)
    word.set(bytes)
    return word.reverse()
  })
  return hexOf(Buffer.concat(words))
}

function payloadBytes(
  verificationKey: Uint8Array,
  plaintexts: readonly TypedPlaintext[],
  requestId: string,
): Uint8Array {
  const items = plaintexts.flatMap(({ bytes, fheType }) => [vec(bytes), i32(fheType)])
  const some = Uint8Array.of(1)
  return Buffer.concat([vec(verificationKey), u64(plaintexts.length), ...items, some, vec(Buffer.from(requestId))])
}
