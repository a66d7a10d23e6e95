import { once } from 'node:events'
import { createServer, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import {
  Health,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'

export type CoreHandlers = Partial<ServiceImpl<typeof CoreServiceEndpoint>>

/** A gRPC server on a loopback port of the system's choice; `await using` ends it and its connections. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

interface CoreOptions {
  /** 0 lets the system choose. */
  readonly port?: number
  /** Answer of the health RPC; without it there is no health service. */
  readonly health?: (request: HealthCheckRequest) => ServingStatus
}

/** Serves KMS Core's API with the given RPCs over plaintext HTTP/2; all others answer UNIMPLEMENTED. */
export function startCore(handlers: CoreHandlers, { port, health }: CoreOptions = {}): Promise<TestServer> {
  return listen(createServer(coreAdapter(handlers, health)), port)
}

/** KMS Core's API as a request listener of an HTTP/2 server. */
export function coreAdapter(handlers: CoreHandlers, health?: CoreOptions['health']) {
  return connectNodeAdapter({
    routes(router) {
      router.service(CoreServiceEndpoint, handlers)
      if (health) router.service(Health, { check: request => ({ status: health(request) }) })
    },
  })
}

/** Starts any HTTP/2 server. */
export async function listen(server: Http2Server | Http2SecureServer, port = 0): Promise<TestServer> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo // CAST: a TCP server has one
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const session of sessions) session.destroy()
      await closed
    },
  }
}

export { ServingStatus }
