import { Code, type ServiceImpl } from '@connectrpc/connect'
import {
  type PublicDecryptionResponse,
  PublicDecryptionResponseSchema,
  type UserDecryptionResponse,
  UserDecryptionResponseSchema,
} from '@kms-connector/kms-client/gen/kms/v1/decryption_pb.js'
import type { RequestId as RequestIdMsg } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import type { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import type { CoreNode } from './coreNode.ts'
import { CoreRefusal } from './coreRefusal.ts'
import { shortened } from './faults.ts'
import { publicDecryption } from './publicDecryption.ts'
import { checkCiphertexts, checkClient, checkDomain, checkRequestId } from './requestChecks.ts'
import type { TfheKeys } from './tfheKeys.ts'
import { userDecryption } from './userDecryption.ts'

const DECRYPTION_TOKENS = 1

/** Public and user decryption of one node. */
export function decryptionRpcs(node: CoreNode) {
  const publicKind = node.kind<PublicDecryptionResponse>('public_decrypt', DECRYPTION_TOKENS)
  const userKind = node.kind<UserDecryptionResponse>('user_decrypt', DECRYPTION_TOKENS)
  const party = { id: node.settings.partyId, parties: node.settings.parties }
  return {
    async publicDecrypt(request) {
      await node.desk.submit(publicKind, request.requestId, id => {
        const ciphertexts = checkCiphertexts(request.ciphertexts)
        const domain = checkDomain(request.domain)
        const keys = heldKeys(node, request.keyId)
        return async fault =>
          shortened(await publicDecryption({ id, ciphertexts, domain, keys }, node.signerFor(fault), fault), fault)
      })
      return {}
    },
    getPublicDecryptionResult: (id, context) =>
      node.desk.poll(publicKind, PublicDecryptionResponseSchema, id, context.signal),
    async userDecrypt(request) {
      await node.desk.submit(userKind, request.requestId, () => {
        const ciphertexts = checkCiphertexts(request.typedCiphertexts)
        const domain = checkDomain(request.domain)
        const client = checkClient(request.clientAddress, request.encKey, domain)
        const keys = heldKeys(node, request.keyId)
        return async fault =>
          shortened(
            await userDecryption({ ciphertexts, client, domain, keys }, node.signerFor(fault), party, fault),
            fault,
          )
      })
      return {}
    },
    getUserDecryptionResult: (id, context) =>
      node.desk.poll(userKind, UserDecryptionResponseSchema, id, context.signal),
  } satisfies Partial<ServiceImpl<typeof CoreServiceEndpoint>>
}

/** @throws CoreRefusal NOT_FOUND when the node does not hold the key, INVALID_ARGUMENT when the id is malformed */
function heldKeys(node: CoreNode, keyId: RequestIdMsg | undefined): TfheKeys {
  const keys = node.material.keys(checkRequestId(keyId, 'key id'))
  if (!keys) throw new CoreRefusal(Code.NotFound, 'the key is not held')
  return keys
}
