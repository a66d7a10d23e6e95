import type { ServerResponse } from 'node:http'
import type { ConnectorError } from '@kms-connector/protocol'

/** An answer that is sent at once; without a body for 204. */
export interface Answer {
  readonly status: number
  readonly body?: object
  /** Seconds after which asking again makes sense. */
  readonly retryAfterS?: number
}

/** What every answer but 200 and 204 says. */
export interface Problem {
  readonly error: string
  /** Entry of the error table, where the cause has one. */
  readonly code?: string
  readonly hint?: string
}

export function problem(status: number, body: Problem, retryAfterS?: number): Answer {
  return { status, body, ...(retryAfterS === undefined ? {} : { retryAfterS }) }
}

export function unknownAnswer(id: string): Answer {
  const error =
    `nothing is known about request ${id}: it was not published yet, or it is older than the streams keep ` +
    '(settings streams.decryption_age, streams.key_management_age and streams.outcome_age)'
  return problem(404, { error })
}

/** The broker not answering is worth another try soon; what this build cannot read is not. */
export function failureAnswer({ code, message, hint, disposition }: ConnectorError): Answer {
  const body = { error: message, code, hint }
  return disposition === 'retry' && code !== 'INTERNAL' ? problem(503, body, 2) : problem(500, body)
}

export function sendAnswer(response: ServerResponse, { status, body, retryAfterS }: Answer): void {
  if (response.headersSent || response.destroyed) return
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
    'cache-control': 'no-store',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    ...(status === 405 ? { allow: 'GET' } : {}),
    // What was refused may still be sending a body that nobody reads.
    ...(status === 405 || status === 413 ? { connection: 'close' } : {}),
  })
  response.end(text)
}
