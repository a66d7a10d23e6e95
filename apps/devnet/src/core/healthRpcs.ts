import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import {
  type Health,
  HealthCheckResponse_ServingStatus as Status,
} from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import { NodeType } from '@kms-connector/kms-client/gen/kms/v1/core_status_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import type { CoreNode } from './coreNode.ts'

/** `grpc.health.v1` for the Core's service and for the whole server. A node without its signing key still serves. */
export function healthRpcs(node: CoreNode) {
  return {
    async check({ service }) {
      if (service === '') return { status: Status.SERVING }
      if (service !== CoreServiceEndpoint.typeName) throw new ConnectError('unknown service', Code.NotFound)
      return { status: node.serving ? Status.SERVING : Status.NOT_SERVING }
    },
  } satisfies Partial<ServiceImpl<typeof Health>>
}

/** The Core's own report for operators. */
export function statusRpcs(node: CoreNode) {
  return {
    async getHealthStatus() {
      return {
        myFheKeyIds: [...node.material.keyIds],
        myStorageInfo: 'memory',
        nodeType: node.centralized ? NodeType.CENTRALIZED : NodeType.THRESHOLD,
      }
    },
  } satisfies Partial<ServiceImpl<typeof CoreServiceEndpoint>>
}
