import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport, type UnaryResponse } from '@connectrpc/connect'
import { createMethodSerializationLookup } from '@connectrpc/connect/protocol'
import { requestHeaderWithCompression } from '@connectrpc/connect/protocol-grpc'
import type { Http2SessionManager } from '@connectrpc/connect-node'
import { type Gathered, gatheredMessage } from './gatheredMessage.ts'
import { messageOf, webHeaders } from './unaryAnswer.ts'
import { exchange } from './unaryExchange.ts'

/** What is the same in every call of a method. */
interface Known {
  readonly path: string
  serialize(message: MessageShape<DescMessage>): Gathered
  parse(bytes: Uint8Array): MessageShape<DescMessage>
}

/**
 * Unary gRPC calls of Connect, straight on the stream of HTTP/2. The transport of the library passes each message through
 * a dozen asynchronous generators, web headers and abort signals, which cost more than everything else that happens to a
 * request. Sessions, serialisation and the reading of everything but a plain success are the library's, so that calls end
 * with the same errors; `unaryTransport.test.ts` compares both.
 * @param maxMessageBytes largest message in either direction
 */
export function unaryTransport(sessions: Http2SessionManager, maxMessageBytes: number): Transport['unary'] {
  const limits = { readMaxBytes: maxMessageBytes, writeMaxBytes: maxMessageBytes, compressMinBytes: 0 }
  const fixed = Object.fromEntries(requestHeaderWithCompression(true, undefined, undefined, [], null))
  const methods = new Map<string, Known>()
  const known = (method: DescMethodUnary): Known => {
    const path = `/${method.parent.typeName}/${method.name}`
    const before = methods.get(path)
    if (before) return before
    const lookup = createMethodSerializationLookup(method, undefined, undefined, limits)
    const { parse } = lookup.getO(true)
    const serialize = serializer(method.input, maxMessageBytes, lookup.getI(true).serialize)
    const now = { path, serialize, parse }
    methods.set(path, now)
    return now
  }
  return async <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: Parameters<Transport['unary']>[3],
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> => {
    const { path, serialize, parse } = known(method)
    const timeout = timeoutMs === undefined ? {} : { 'grpc-timeout': `${timeoutMs}m` }
    const headers = { ...(header === undefined ? {} : Object.fromEntries(new Headers(header))), ...fixed, ...timeout }
    const call = { path, headers, request: serialize(create(method.input, input)), signal, timeoutMs, maxMessageBytes }
    const answer = await exchange(sessions, call)
    const message = messageOf(answer, parse) as MessageShape<O> // CAST: `parse` is that of the method
    return {
      stream: false,
      service: method.parent,
      method,
      message,
      get header() {
        return webHeaders(answer.headers)
      },
      get trailer() {
        return webHeaders(answer.trailers)
      },
    }
  }
}

/** Serialises without copies; what cannot be serialised fails as it does in the library. */
function serializer(
  schema: DescMessage,
  maxBytes: number,
  library: (message: MessageShape<DescMessage>) => Uint8Array,
): (message: MessageShape<DescMessage>) => Gathered {
  return message => {
    const gathered = attempt(() => gatheredMessage(schema, message)) ?? whole(library(message))
    if (gathered.bytes <= maxBytes) return gathered
    const text = `message size ${gathered.bytes} is larger than configured writeMaxBytes ${maxBytes}`
    throw new ConnectError(text, Code.ResourceExhausted)
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const whole = (bytes: Uint8Array): Gathered => ({ pieces: [bytes], bytes: bytes.length })
