import { decodeRequest, type OperationTable, type Request } from '@kms-connector/protocol'
import { payloadDigest } from './seenRequests.ts'

/**
 * Whether a stored message asks for something else than a request of the same id.
 * @param stored body found under the subject of the request; one that cannot be read is a conflict too
 */
export function conflictOf(table: OperationTable, stored: Uint8Array, request: Request): boolean {
  try {
    return payloadDigest(decodeRequest(table, stored)) !== payloadDigest(request)
  } catch {
    return true
  }
}
