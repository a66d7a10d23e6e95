import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import { validateResponseWithCompression, validateTrailer } from '@connectrpc/connect/protocol-grpc'

export type AnswerHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader

/** The answer to a unary call as it came, the bytes of its message without their envelope. */
export interface UnaryAnswer {
  readonly headers: AnswerHeaders
  readonly trailers: IncomingHttpHeaders
  /** Undefined when the answer holds none. */
  readonly message: Uint8Array | undefined
}

/** Whether headers say that a message follows that can be read as it is: everything but an error or a surprise. */
export function isPlain(headers: AnswerHeaders): boolean {
  const type = headers['content-type']
  return (
    headers[':status'] === 200 &&
    (type === 'application/grpc' || type === 'application/grpc+proto') &&
    headers['grpc-status'] === undefined &&
    headers['grpc-encoding'] === undefined
  )
}

/**
 * Checks headers before the body has come.
 * @throws ConnectError for an HTTP error, for what is no gRPC, and for a compressed answer, which was not asked for
 */
export function expectGrpc(headers: AnswerHeaders): void {
  if (!isPlain(headers)) validateResponseWithCompression([], headers[':status'] ?? 0, webHeaders(headers))
}

/**
 * Reads an answer; where it is no plain success, in the order and with the errors of Connect.
 * @throws ConnectError with the status that the server sent, or for an answer that breaks the protocol
 */
export function messageOf<M>({ headers, trailers, message }: UnaryAnswer, parse: (bytes: Uint8Array) => M): M {
  const status = trailers['grpc-status']
  const isSuccess = status === '0' && trailers['grpc-status-details-bin'] === undefined
  if (message !== undefined && isSuccess && isPlain(headers)) return parse(message)
  const [header, trailer] = [webHeaders(headers), webHeaders(trailers)]
  const { headerError } = validateResponseWithCompression([], headers[':status'] ?? 0, header)
  const parsed = message && parse(message)
  validateTrailer(trailer, header)
  if (parsed === undefined) {
    const code = trailer.has('grpc-status') ? Code.Unimplemented : Code.Unknown
    throw headerError ?? new ConnectError('protocol error: missing output message for unary method', code)
  }
  if (headerError) {
    const text = 'protocol error: received output message for unary method with error status'
    throw new ConnectError(text, Code.Unknown)
  }
  return parsed
}

/** Headers without those of HTTP/2 itself. */
export function webHeaders(headers: IncomingHttpHeaders): Headers {
  const result = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) result.append(name, String(one))
  }
  return result
}
