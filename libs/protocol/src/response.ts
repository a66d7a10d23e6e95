import { z } from 'zod'
import { BODY_VERSION, decodeBody, encodeBody, fit } from './body.ts'
import type { Operation } from './operation.ts'
import type { OperationTable } from './operationTable.ts'
import { type Origin, originSchema } from './origin.ts'
import { parseRequestId, type RequestId } from './requestId.ts'

/** What KMS Core answered, verified: one message on RESPONSES. Operations without an on-chain answer carry an empty one. */
export interface Response {
  readonly operation: Operation
  readonly id: RequestId
  readonly origin: Origin
  readonly answer: unknown
  /** When the worker published it, milliseconds since the epoch. */
  readonly answeredAt: number
}

const responseSchema = z.object({
  v: z.literal(BODY_VERSION),
  operation: z.string(),
  id: z.string(),
  origin: originSchema,
  answer: z.unknown(),
  answeredAt: z.number(),
})

/** A fire-and-forget operation responds with nothing but the fact that KMS Core accepted it. */
const nothing = z.object({})

export function encodeResponse({ operation, id, origin, answer, answeredAt }: Response): Uint8Array {
  return encodeBody({ v: BODY_VERSION, operation: operation.name, id, origin, answer, answeredAt })
}

/** @throws ConnectorError MESSAGE_MALFORMED, MESSAGE_VERSION_UNKNOWN or REQUEST_ID_INVALID */
export function decodeResponse(table: OperationTable, bytes: Uint8Array): Response {
  const body = decodeBody(responseSchema, bytes)
  const operation = table.named(body.operation)
  const answer = fit(operation.answer ?? nothing, body.answer)
  return { operation, id: parseRequestId(body.id), origin: body.origin, answer, answeredAt: body.answeredAt }
}
