import { Code, ConnectError } from '@connectrpc/connect'

/**
 * Who ended a failed call:
 * - `core`: the server sent a gRPC status.
 * - `network`: no status arrived: refused, reset or silent connection, our own deadline, a proxy's HTTP error.
 * - `answer`: the server's bytes are no message of the RPC, or too many.
 * - `request`: our message cannot be serialised, or is too large to send.
 */
export type EndedBy = 'core' | 'network' | 'answer' | 'request'

/** How a failed call ended. */
export interface CallEnding {
  readonly by: EndedBy
  readonly code: Code
  /** For people; from outside, therefore clipped. */
  readonly text: string
}

/** Characters of a server's error text that are kept. */
export const MAX_TEXT = 300

/** Texts of connect 2.2 for faults that it names with the same codes a server may send. */
const LOCAL_TEXTS: readonly (readonly [prefix: string, by: EndedBy])[] = [
  ['parse binary:', 'answer'],
  ['serialize binary:', 'request'],
]
const TOO_LARGE = /^message size .*configured (read|write)MaxBytes/

/** Tells from anything an RPC threw how the call ended. Only a status from the wire carries `grpc-status` metadata. */
export function callEnding(fault: unknown): CallEnding {
  const error = ConnectError.from(fault, Code.Unknown)
  // A detailed status may carry any number.
  const code = Code[error.code] === undefined ? Code.Unknown : error.code
  return { by: endedBy(error), code, text: clip(error.rawMessage) }
}

function endedBy({ metadata, rawMessage }: ConnectError): EndedBy {
  if (metadata.has('grpc-status') || metadata.has('grpc-status-details-bin')) return 'core'
  const limit = TOO_LARGE.exec(rawMessage)?.[1]
  if (limit !== undefined) return limit === 'read' ? 'answer' : 'request'
  return LOCAL_TEXTS.find(([prefix]) => rawMessage.startsWith(prefix))?.[1] ?? 'network'
}

/** Makes a text from outside safe to log: one line, no control characters, {@link MAX_TEXT} characters at most. */
export function clip(text: string): string {
  const head = text.slice(0, MAX_TEXT)
  return head.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').toWellFormed()
}
