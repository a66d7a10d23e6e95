import { Code, type ServiceImpl } from '@connectrpc/connect'
import {
  type CrsGenResult,
  CrsGenResultSchema,
  type KeyGenPreprocResult,
  KeyGenPreprocResultSchema,
  type KeyGenResult,
  KeyGenResultSchema,
} from '@kms-connector/kms-client/gen/kms/v1/key_generation_pb.js'
import type { RequestId as RequestIdMsg } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import type { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import type { RequestId } from '@kms-connector/protocol'
import type { CoreNode } from './coreNode.ts'
import { CoreRefusal } from './coreRefusal.ts'
import { shortened } from './faults.ts'
import { crsGeneration, keyGeneration, preprocessing } from './keyGeneration.ts'
import type { MetaStore } from './metaStore.ts'
import { checkDomain, checkFheParameter, checkMaxBits, checkRequestId } from './requestChecks.ts'

const PREPROCESSING_TOKENS = 25_000
const KEYGEN_TOKENS = 1_000
const CRS_TOKENS = 100

/** Key management of one node. Needs no ceremony: keys follow from the network's seed. */
export function keyRpcs(node: CoreNode) {
  const preprocKind = node.kind<KeyGenPreprocResult>('keygen_preproc', PREPROCESSING_TOKENS)
  const keygenKind = node.kind<KeyGenResult>('keygen', KEYGEN_TOKENS)
  const crsKind = node.kind<CrsGenResult>('crs_gen', CRS_TOKENS)
  return {
    async keyGenPreproc(request) {
      await node.desk.submit(preprocKind, request.requestId, id => {
        checkFheParameter(request.params)
        const domain = checkDomain(request.domain)
        return async fault => shortened(await preprocessing(id, domain, node.signerFor(fault), fault), fault)
      })
      return {}
    },
    getKeyGenPreprocResult: (id, context) => node.desk.poll(preprocKind, KeyGenPreprocResultSchema, id, context.signal),
    async keyGen(request) {
      await node.desk.submit(keygenKind, request.requestId, id => {
        checkFheParameter(request.params)
        const domain = checkDomain(request.domain)
        const preprocId = freshPreprocessing(node, preprocKind.store, keygenKind.store, id, request.preprocId)
        return async fault =>
          shortened(await keyGeneration({ id, preprocId, domain }, node.material, node.signerFor(fault), fault), fault)
      })
      return {}
    },
    getKeyGenResult: (id, context) => node.desk.poll(keygenKind, KeyGenResultSchema, id, context.signal),
    async crsGen(request) {
      await node.desk.submit(crsKind, request.requestId, id => {
        checkFheParameter(request.params)
        const maxNumBits = checkMaxBits(request.maxNumBits)
        const domain = checkDomain(request.domain)
        return async fault =>
          shortened(await crsGeneration({ id, maxNumBits, domain }, node.material, node.signerFor(fault), fault), fault)
      })
      return {}
    },
    getCrsGenResult: (id, context) => node.desk.poll(crsKind, CrsGenResultSchema, id, context.signal),
    async getKeyMaterialAvailability() {
      return {
        fheKeyIds: [...node.material.keyIds],
        crsIds: [...crsKind.store.ids],
        preprocessingIds: [...preprocKind.store.ids],
        storageInfo: 'memory',
      }
    },
  } satisfies Partial<ServiceImpl<typeof CoreServiceEndpoint>>
}

/** @throws CoreRefusal NOT_FOUND when the preprocessing is unknown, unfinished or has served another key */
function freshPreprocessing(
  node: CoreNode,
  done: MetaStore<KeyGenPreprocResult>,
  keys: MetaStore<KeyGenResult>,
  id: RequestId,
  message: RequestIdMsg | undefined,
): RequestId {
  const preprocId = checkRequestId(message, 'preprocessing id')
  if (keys.has(id)) throw new CoreRefusal(Code.AlreadyExists, 'the request is known')
  if (!done.outcome(preprocId)?.ok) throw new CoreRefusal(Code.NotFound, 'there is no such preprocessing')
  if (!node.material.usePreprocessing(preprocId, id))
    throw new CoreRefusal(Code.NotFound, 'the preprocessing is used up')
  return preprocId
}
