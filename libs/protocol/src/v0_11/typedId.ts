import { ConnectorError } from '../connectorError.ts'
import { requestIdOf, requestIdType } from '../requestId.ts'

/**
 * Checks the type byte of an id inside an event. The v0.11 KMSGeneration contract only checks ids against its counters, so
 * an id of another type passes there; it must not pass here.
 * @throws ConnectorError REQUEST_ID_INVALID
 */
export function typedIdValue(value: bigint, type: number): bigint {
  const id = requestIdOf(value)
  if (requestIdType(id) !== type) throw new ConnectorError('REQUEST_ID_INVALID', `${id} has no type ${type} prefix`)
  return value
}
