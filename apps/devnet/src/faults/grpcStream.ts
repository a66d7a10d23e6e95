import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'

export type GrpcFault =
  /** A gRPC status instead of an answer, by number; the server never hears of the call. */
  | { readonly kind: 'status'; readonly code: number; readonly message?: string }
  /** RST_STREAM instead of an answer; the server never hears of the call. */
  | { readonly kind: 'reset'; readonly http2Code?: number }
  /** The server acts on the call; its answer is replaced by RST_STREAM. */
  | { readonly kind: 'drop-reply' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never answered, and the server never hears of it. */
  | { readonly kind: 'silence' }

const { HTTP2_HEADER_STATUS, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM } = constants
/** gRPC status of a call whose server cannot be reached. */
const UNAVAILABLE = 14
/** Fields of HTTP/1 and pseudo fields of answers that must not be sent on. */
const NOT_FORWARDED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'host'])

/** Serves one call: lets it through to the target, or fails it. */
export function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  session: () => ClientHttp2Session,
  fault: GrpcFault | undefined,
): void {
  stream.on('error', () => {})
  switch (fault?.kind) {
    case 'status':
      sendStatus(stream, fault.code, fault.message ?? 'injected fault')
      return
    case 'reset':
      stream.close(fault.http2Code ?? NGHTTP2_REFUSED_STREAM)
      return
    case 'silence':
      return
    case 'delay': {
      const timer = setTimeout(() => forward(stream, headers, session, false), fault.ms)
      stream.once('close', () => clearTimeout(timer))
      return
    }
    default:
      forward(stream, headers, session, fault?.kind === 'drop-reply')
  }
}

/** A response of headers only, with the body of the call read and dropped. */
function sendStatus(stream: ServerHttp2Stream, code: number, message: string): void {
  if (stream.destroyed) return
  stream.resume()
  stream.respond(
    {
      [HTTP2_HEADER_STATUS]: 200,
      'content-type': 'application/grpc',
      'grpc-status': String(code),
      'grpc-message': encodeURI(message),
    },
    { endStream: true },
  )
}

function forward(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  session: () => ClientHttp2Session,
  dropReply: boolean,
): void {
  if (stream.destroyed) return
  const upstream = session().request(forwardable(headers))
  stream.pipe(upstream)
  stream.once('close', () => {
    if (!upstream.closed) upstream.close(NGHTTP2_CANCEL)
  })
  upstream.on('error', () => {
    if (stream.headersSent) stream.close(NGHTTP2_INTERNAL_ERROR)
    else sendStatus(stream, UNAVAILABLE, 'the target is gone')
  })
  if (dropReply) {
    upstream.resume()
    upstream.once('end', () => stream.close(NGHTTP2_INTERNAL_ERROR))
  } else {
    passBack(upstream, stream)
  }
}

function passBack(upstream: ClientHttp2Stream, stream: ServerHttp2Stream): void {
  let trailers: OutgoingHttpHeaders = {}
  upstream.on('trailers', received => {
    trailers = forwardable(received)
  })
  upstream.once('response', (received, flags) => {
    if (stream.destroyed) return
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    stream.respond(
      { ...forwardable(received), [HTTP2_HEADER_STATUS]: received[HTTP2_HEADER_STATUS] },
      endStream ? { endStream } : { waitForTrailers: true },
    )
    if (endStream) return
    stream.once('wantTrailers', () => stream.sendTrailers(trailers))
    upstream.pipe(stream)
  })
  upstream.once('close', () => {
    if (upstream.rstCode !== 0 && !stream.destroyed) stream.close(upstream.rstCode)
  })
}

function forwardable(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name) && name !== HTTP2_HEADER_STATUS)
  return Object.fromEntries(kept)
}
