import { Code, createClient, type Transport } from '@connectrpc/connect'
import { ConnectorError } from '@kms-connector/protocol'
import { CoreServiceEndpoint } from '#gen/kms_service/v1/core_service_pb.js'
import { callEnding } from './callEnding.ts'

/**
 * Ids of the FHE keys that a Core holds, by its own word (`GetHealthStatus` of KMS Core v0.13).
 * @param timeoutMs deadline in milliseconds
 * @throws ConnectorError CORE_UNAVAILABLE
 */
export async function heldKeys(
  transport: Transport,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const options = signal ? { timeoutMs, signal } : { timeoutMs }
  try {
    return (await createClient(CoreServiceEndpoint, transport).getHealthStatus({}, options)).myFheKeyIds
  } catch (thrown) {
    const { code, text } = callEnding(thrown)
    throw new ConnectorError('CORE_UNAVAILABLE', `${Code[code]}: ${text}`)
  }
}
