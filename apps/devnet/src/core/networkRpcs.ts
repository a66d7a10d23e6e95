import { Code, type ServiceImpl } from '@connectrpc/connect'
import {
  type ResharingResultResponse,
  ResharingResultResponseSchema,
} from '@kms-connector/kms-client/gen/kms/v1/resharing_pb.js'
import type { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import type { CoreNode } from './coreNode.ts'
import { CoreRefusal } from './coreRefusal.ts'
import { shortened } from './faults.ts'
import { resharing } from './keyGeneration.ts'
import { checkDomain, checkFheParameter, checkRequestId } from './requestChecks.ts'

const RESHARING_TOKENS = 1

/** What only makes sense between the nodes of a network: setting up randomness and moving shares. */
export function networkRpcs(node: CoreNode) {
  const kind = node.kind<ResharingResultResponse>('resharing', RESHARING_TOKENS)
  return {
    /** Synchronous, unlike every other operation: when it returns, the epoch is ready. */
    async init(request) {
      try {
        const id = node.desk.admit('init', request.requestId)
        if (node.epochs.has(id)) throw new CoreRefusal(Code.AlreadyExists, 'the epoch is initialised')
        node.epochs.add(id)
      } catch (fault) {
        throw node.desk.refusal(fault, request.requestId, 'init')
      }
      return {}
    },
    async initiateResharing(request) {
      requireNetwork(node)
      await node.desk.submit(kind, request.requestId, id => {
        checkFheParameter(request.keyParameters)
        const domain = checkDomain(request.domain)
        const keyId = checkRequestId(request.keyId, 'key id')
        const preprocId = checkRequestId(request.preprocId, 'preprocessing id')
        if (!node.material.holds(keyId)) throw new CoreRefusal(Code.NotFound, 'the key is not held')
        const work = { id, keyId, preprocId, domain }
        return async fault => shortened(await resharing(work, node.material, node.signerFor(fault), fault), fault)
      })
      return { requestId: { requestId: checkRequestId(request.requestId) } }
    },
    async getResharingResult(id, context) {
      requireNetwork(node)
      return await node.desk.poll(kind, ResharingResultResponseSchema, id, context.signal)
    },
  } satisfies Partial<ServiceImpl<typeof CoreServiceEndpoint>>
}

/** A centralized Core's handler panics here, which callers see as a transport fault. */
function requireNetwork(node: CoreNode): void {
  if (!node.centralized) return
  throw node.desk.refusal(new CoreRefusal(Code.Unknown, 'a single node cannot reshare'), undefined, 'resharing')
}
