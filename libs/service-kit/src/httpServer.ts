import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ConnectorError } from '@kms-connector/protocol'
import type { Logger } from './logger.ts'
import type { Endpoint } from './settings/textKinds.ts'

/** What a page answers with. */
export interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Builds a page; gets the query of the request. */
export type PageSource = (query: URLSearchParams) => Page | Promise<Page>

export interface HttpServer {
  /** Address to reach it at, with the port the operating system chose. */
  readonly url: string
  /** Stops listening and drops connections. */
  close(): Promise<void>
}

const LIMITS = { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 } as const
const MAX_CONNECTIONS = 128

export const jsonPage = (status: number, body: unknown): Page => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(body)}\n`,
})

/**
 * Serves read-only pages: GET and HEAD, 404 for unknown paths, 405 for other methods, small limits on headers, connections
 * and time, because it listens without authentication.
 *
 * @throws ConnectorError MONITORING_UNAVAILABLE when the address cannot be used
 */
export async function serveHttp(
  endpoint: Endpoint,
  pages: ReadonlyMap<string, PageSource>,
  logger: Logger,
): Promise<HttpServer> {
  const server = createServer({ ...LIMITS, connectionsCheckingInterval: 1_000 }, (request, response) => {
    answer(request, pages, logger).then(
      page => send(request, response, page),
      fault => logger.error({ err: fault }, 'could not answer a monitoring request'),
    )
  })
  server.maxConnections = MAX_CONNECTIONS
  const port = await listen(server, endpoint)
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: ReturnType<typeof createServer>, { host, port }: Endpoint): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', fault => {
      const detail = `${host}:${port}: ${fault.message}`
      reject(new ConnectorError('MONITORING_UNAVAILABLE', detail, { host, port }, fault))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

async function answer(request: IncomingMessage, pages: ReadonlyMap<string, PageSource>, logger: Logger): Promise<Page> {
  const url = URL.parse(request.url ?? '/', 'http://monitoring')
  const source = url === null ? undefined : pages.get(url.pathname)
  if (url === null || source === undefined) return jsonPage(404, { error: 'not found', paths: [...pages.keys()] })
  if (request.method !== 'GET' && request.method !== 'HEAD') return jsonPage(405, { error: 'only GET and HEAD' })
  try {
    return await source(url.searchParams)
  } catch (fault) {
    logger.error({ err: fault, path: url.pathname }, 'a monitoring page failed')
    return jsonPage(500, { error: 'the page failed, see the log' })
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Page): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    // A body that nobody reads must not stay in the connection.
    ...(isRead ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
