import { constants } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'

/** Statuses that Connect gives to what Node reports about a connection or a stream. */
const BY_NODE_CODE: ReadonlyMap<unknown, Code> = new Map([
  ['ERR_STREAM_WRITE_AFTER_END', Code.Aborted],
  ['ERR_STREAM_DESTROYED', Code.Aborted],
  ['ERR_HTTP2_INVALID_STREAM', Code.Aborted],
  ['ECONNRESET', Code.Aborted],
  ['ETIMEDOUT', Code.Unavailable],
  ['ENOTFOUND', Code.Unavailable],
  ['EAI_AGAIN', Code.Unavailable],
  ['ECONNREFUSED', Code.Unavailable],
])
const MAX_CAUSES = 8

/** The fault of a connection or stream as Node reports it. */
export function streamFault(fault: unknown): ConnectError {
  if (fault instanceof ConnectError) return fault
  const error = ConnectError.from(fault, statusOf(fault))
  error.cause = fault
  return error
}

function statusOf(fault: unknown): Code {
  for (let cause = fault, depth = 0; cause instanceof Error && depth < MAX_CAUSES; cause = cause.cause, depth++) {
    const status = 'code' in cause ? BY_NODE_CODE.get(cause.code) : undefined
    if (status !== undefined) return status
  }
  return Code.Internal
}

/** Names and statuses of the codes with which HTTP/2 resets a stream, as gRPC over HTTP/2 maps them. */
const RESETS: ReadonlyMap<number, readonly [name: string, status: Code]> = new Map([
  [constants.NGHTTP2_NO_ERROR, ['NO_ERROR', Code.Internal]],
  [constants.NGHTTP2_PROTOCOL_ERROR, ['PROTOCOL_ERROR', Code.Internal]],
  [constants.NGHTTP2_INTERNAL_ERROR, ['INTERNAL_ERROR', Code.Internal]],
  [constants.NGHTTP2_FLOW_CONTROL_ERROR, ['FLOW_CONTROL_ERROR', Code.Internal]],
  [constants.NGHTTP2_SETTINGS_TIMEOUT, ['SETTINGS_TIMEOUT', Code.Internal]],
  [constants.NGHTTP2_STREAM_CLOSED, ['STREAM_CLOSED', Code.Internal]],
  [constants.NGHTTP2_FRAME_SIZE_ERROR, ['FRAME_SIZE_ERROR', Code.Internal]],
  [constants.NGHTTP2_REFUSED_STREAM, ['REFUSED_STREAM', Code.Unavailable]],
  [constants.NGHTTP2_CANCEL, ['CANCEL', Code.Canceled]],
  [constants.NGHTTP2_COMPRESSION_ERROR, ['COMPRESSION_ERROR', Code.Internal]],
  [constants.NGHTTP2_CONNECT_ERROR, ['CONNECT_ERROR', Code.Internal]],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, ['ENHANCE_YOUR_CALM', Code.ResourceExhausted]],
  [constants.NGHTTP2_INADEQUATE_SECURITY, ['INADEQUATE_SECURITY', Code.PermissionDenied]],
  [constants.NGHTTP2_HTTP_1_1_REQUIRED, ['HTTP_1_1_REQUIRED', Code.PermissionDenied]],
])

/** The fault of a stream that closed before its answer was whole. */
export function resetFault(code: number): ConnectError {
  const [name, status] = RESETS.get(code) ?? ['', Code.Internal]
  return new ConnectError(`http/2 stream closed with error code ${name} (0x${code.toString(16)})`, status)
}
