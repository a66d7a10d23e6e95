import { Code, createClient, type Transport } from '@connectrpc/connect'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '#gen/grpc/health/v1/health_pb.js'
import { CoreServiceEndpoint } from '#gen/kms_service/v1/core_service_pb.js'
import { callEnding } from './callEnding.ts'

export interface CoreHealth {
  readonly endpoint: string
  readonly serving: boolean
  /** Serving status, or how the check failed. */
  readonly detail: string
}

/**
 * One health check of a Core. A fault is an answer here, never thrown.
 * @param timeoutMs deadline in milliseconds
 */
export async function checkHealth(
  endpoint: string,
  transport: Transport,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<CoreHealth> {
  const options = signal ? { timeoutMs, signal } : { timeoutMs }
  try {
    const { status } = await createClient(Health, transport).check({ service: CoreServiceEndpoint.typeName }, options)
    return { endpoint, serving: status === ServingStatus.SERVING, detail: ServingStatus[status] ?? `status ${status}` }
  } catch (thrown) {
    const { code, text } = callEnding(thrown)
    return { endpoint, serving: false, detail: `${Code[code]}: ${text}` }
  }
}
