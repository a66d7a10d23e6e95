import { z } from 'zod'
import { BODY_VERSION, decodeBody, encodeBody, fit } from './body.ts'
import type { Operation } from './operation.ts'
import type { OperationTable } from './operationTable.ts'
import { type Origin, originSchema } from './origin.ts'
import { parseRequestId, type RequestId } from './requestId.ts'

/** What the chain asked: one message on the stream of its operation. */
export interface Request {
  readonly operation: Operation
  readonly id: RequestId
  readonly origin: Origin
  readonly payload: unknown
}

const requestSchema = z.object({
  v: z.literal(BODY_VERSION),
  operation: z.string(),
  id: z.string(),
  origin: originSchema,
  payload: z.unknown(),
})

export function encodeRequest({ operation, id, origin, payload }: Request): Uint8Array {
  return encodeBody({ v: BODY_VERSION, operation: operation.name, id, origin, payload })
}

/** @throws ConnectorError MESSAGE_MALFORMED, MESSAGE_VERSION_UNKNOWN or REQUEST_ID_INVALID */
export function decodeRequest(table: OperationTable, bytes: Uint8Array): Request {
  const body = decodeBody(requestSchema, bytes)
  const operation = table.named(body.operation)
  const payload = fit(operation.payload, body.payload)
  return { operation, id: parseRequestId(body.id), origin: body.origin, payload }
}
