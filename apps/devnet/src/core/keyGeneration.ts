import { create } from '@bufbuild/protobuf'
import {
  type CrsGenResult,
  CrsGenResultSchema,
  type KeyGenPreprocResult,
  KeyGenPreprocResultSchema,
  type KeyGenResult,
  KeyGenResultSchema,
} from '@kms-connector/kms-client/gen/kms/v1/key_generation_pb.js'
import {
  type ResharingResultResponse,
  ResharingResultResponseSchema,
} from '@kms-connector/kms-client/gen/kms/v1/resharing_pb.js'
import { hexOf, type RequestId, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import type { CoreSigner } from './coreSigner.ts'
import { type ComputeFault, OTHER_ID } from './faults.ts'
import { type KeyMaterial, signedDigests } from './keyMaterial.ts'
import type { AnswerDomain } from './requestChecks.ts'
import { crsgenMessage, keygenMessage, prepKeygenMessage } from './signedMessages.ts'

/** Answers to key management requests: digests every node of the network agrees on, signed by this one. */

function namedId(id: RequestId, fault: ComputeFault | undefined): { requestId: string } {
  return { requestId: fault === 'wrong-request-id' ? requestIdOf(requestIdValue(id) ^ OTHER_ID) : id }
}

export async function preprocessing(
  id: RequestId,
  domain: AnswerDomain,
  signer: CoreSigner,
  fault?: ComputeFault,
): Promise<KeyGenPreprocResult> {
  return create(KeyGenPreprocResultSchema, {
    preprocessingId: namedId(id, fault),
    externalSignature: await signer.signTyped(domain, prepKeygenMessage(requestIdValue(id))),
  })
}

export interface KeyGeneration {
  readonly id: RequestId
  readonly preprocId: RequestId
  readonly domain: AnswerDomain
}

export async function keyGeneration(
  work: KeyGeneration,
  material: KeyMaterial,
  signer: CoreSigner,
  fault?: ComputeFault,
): Promise<KeyGenResult> {
  const keyDigests = [...material.generateKey(work.id)]
  const message = keygenMessage(requestIdValue(work.preprocId), requestIdValue(work.id), signedDigests(keyDigests))
  if (fault === 'wrong-count') keyDigests.pop()
  return create(KeyGenResultSchema, {
    requestId: namedId(work.id, fault),
    preprocessingId: { requestId: work.preprocId },
    keyDigests,
    externalSignature: await signer.signTyped(work.domain, message),
  })
}

export interface CrsGeneration {
  readonly id: RequestId
  readonly maxNumBits: number
  readonly domain: AnswerDomain
}

export async function crsGeneration(
  work: CrsGeneration,
  material: KeyMaterial,
  signer: CoreSigner,
  fault?: ComputeFault,
): Promise<CrsGenResult> {
  const crsDigest = material.crsDigest(work.id, work.maxNumBits)
  const message = crsgenMessage(requestIdValue(work.id), BigInt(work.maxNumBits), hexOf(crsDigest))
  return create(CrsGenResultSchema, {
    requestId: namedId(work.id, fault),
    crsDigest,
    maxNumBits: work.maxNumBits,
    externalSignature: await signer.signTyped(work.domain, message),
  })
}

export interface Resharing {
  readonly id: RequestId
  readonly keyId: RequestId
  readonly preprocId: RequestId
  readonly domain: AnswerDomain
}

/** Same parties, same key: the digests stay what they were. */
export async function resharing(
  work: Resharing,
  material: KeyMaterial,
  signer: CoreSigner,
  fault?: ComputeFault,
): Promise<ResharingResultResponse> {
  const keyDigests = [...material.keyDigests(work.keyId)]
  const message = keygenMessage(requestIdValue(work.preprocId), requestIdValue(work.keyId), signedDigests(keyDigests))
  return create(ResharingResultResponseSchema, {
    requestId: namedId(work.id, fault),
    keyId: { requestId: work.keyId },
    preprocessingId: { requestId: work.preprocId },
    keyDigests,
    externalSignature: await signer.signTyped(work.domain, message),
  })
}
