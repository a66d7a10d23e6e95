import { type ClientHttp2Session, connect, constants } from 'node:http2'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'

/** A byte that tells whether the message is compressed, and its length. */
const FRAME_BYTES = 5
const SESSION_MB = 1_000
const HEADERS = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' } as const

/** A unary call of any service. */
export type BareCall = <In extends DescMessage, Out extends DescMessage>(
  method: DescMethodUnary<In, Out>,
  message: MessageInitShape<In>,
) => Promise<MessageShape<Out>>

/** The least that a unary gRPC call takes: one HTTP/2 stream with one message there and one back, no deadline, no retry. */
export function bareGrpc(url: string): BareCall {
  let session: ClientHttp2Session | undefined
  return async (method, message) => {
    session ??= connect(url, { maxSessionMemory: SESSION_MB })
    const path = `/${method.parent.typeName}/${method.name}`
    const stream = session.request({ ...HEADERS, ':path': path })
    stream.end(frame(toBinary(method.input, create(method.input, message))))
    const answer = Promise.withResolvers<Uint8Array>()
    const chunks: Buffer[] = []
    let status: string | undefined
    const noteStatus = (headers: { readonly 'grpc-status'?: unknown }) => {
      if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status'])
    }
    stream.on('response', noteStatus)
    stream.on('trailers', noteStatus)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', answer.reject)
    stream.on('end', () => {
      // A failure without a message has its status in the headers, which arrived before the end.
      if (status === undefined || status === '0') answer.resolve(Buffer.concat(chunks).subarray(FRAME_BYTES))
      else answer.reject(new Error(`${path}: gRPC status ${status}`))
      stream.close(constants.NGHTTP2_NO_ERROR)
    })
    return fromBinary(method.output, await answer.promise)
  }
}

function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_BYTES + bytes.length)
  framed[0] = 0
  framed.writeUInt32BE(bytes.length, 1)
  framed.set(bytes, FRAME_BYTES)
  return framed
}
