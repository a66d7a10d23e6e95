import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { createGrpcTransport } from '@connectrpc/connect-node'
import type { BareCall } from './bareGrpc.ts'

const SESSION_MB = 1_000

/** Unary gRPC calls as connect-node makes them. */
export function libraryGrpc(url: string): BareCall {
  const transport = createGrpcTransport({ baseUrl: url, nodeOptions: { maxSessionMemory: SESSION_MB } })
  return async <In extends DescMessage, Out extends DescMessage>(
    method: DescMethodUnary<In, Out>,
    message: MessageInitShape<In>,
  ): Promise<MessageShape<Out>> => {
    const answer = await transport.unary(method, undefined, undefined, undefined, message)
    return answer.message
  }
}
