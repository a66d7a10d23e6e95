import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { ConnectorError, type Operation, toConnectorError } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import { type Answer, failureAnswer, problem, sendAnswer, unknownAnswer } from './answers.ts'
import { EventSubscriber } from './eventSubscriber.ts'
import type { LiveRequests } from './liveRequests.ts'
import { type LookUp, MAX_EXAMINED } from './lookUp.ts'
import type { StatusMetrics } from './metrics.ts'
import { type Route, routeOf } from './routes.ts'
import type { TokenBucket } from './tokenBucket.ts'

export interface StatusServerOptions {
  readonly host: string
  /** 0 lets the operating system choose. */
  readonly port: number
  readonly operations: readonly Operation[]
  readonly lookUp: LookUp
  readonly live: LiveRequests
  readonly bucket: TokenBucket
  /** Text of the OpenAPI description. */
  readonly openapi: object
  readonly maxSubscribers: number
  readonly streamDeadlineMs: number
  readonly metrics: StatusMetrics
  readonly logger: Logger
}

export interface StatusServer {
  readonly url: string
  /** Ends live streams with a last event, stops listening, and cuts what is left after half a second. */
  close(): Promise<void>
}

const LIMITS = { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 } as const
/** Connections beyond those of live streams. */
const SPARE_CONNECTIONS = 256
const FLUSH_MS = 500

type Answerable = Exclude<Route, { readonly kind: 'refused' }>

/**
 * Listens for questions. It asks for no password, so everything about it is limited: methods, sizes, times, connections,
 * questions a second and live streams.
 * @throws ConnectorError STATUS_ENDPOINT_UNAVAILABLE when the address cannot be used
 */
export async function serveStatus(options: StatusServerOptions): Promise<StatusServer> {
  const server = createServer({ ...LIMITS, connectionsCheckingInterval: 1_000 }, (request, response) => {
    handle(options, request, response).catch(fault => {
      options.logger.error({ err: fault, path: request.url?.slice(0, 200) }, 'could not answer a question')
      response.destroy()
    })
  })
  server.maxConnections = options.maxSubscribers + SPARE_CONNECTIONS
  const { host } = options
  const port = await listen(server, host, options.port)
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, close: () => close(server, options.live) }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', fault => {
      const detail = `${host}:${port}: ${fault.message}`
      reject(new ConnectorError('STATUS_ENDPOINT_UNAVAILABLE', detail, { host, port }, fault))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function close(server: Server, live: LiveRequests): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections(), FLUSH_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    live.endAll('shutdown')
    server.closeIdleConnections()
  })
}

async function handle(options: StatusServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { operations, bucket, metrics } = options
  const started = performance.now()
  const { method, url, headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  const route = routeOf(operations, { method, url, hasBody })
  const observe = (status: number) =>
    metrics.answerSeconds.observe({ route: route.kind, status: String(status) }, (performance.now() - started) / 1_000)
  const waitMs = bucket.take(costOf(route), started)
  const early = waitMs > 0 ? tooMany(waitMs) : route.kind === 'refused' ? route.answer : undefined
  if (early) {
    metrics.refused.inc({ reason: waitMs > 0 ? 'rate' : 'malformed' })
    observe(early.status)
    return sendAnswer(response, early)
  }
  if (route.kind === 'refused') return
  if (route.kind === 'events') return follow(options, route, request, response, observe)
  const answer = await answerOf(options, route)
  observe(answer.status)
  sendAnswer(response, answer)
}

/** Tokens that a question takes: one for each request it looks at. */
function costOf(route: Route): number {
  if (route.kind !== 'list') return 1
  return route.query.state === undefined ? route.query.limit : MAX_EXAMINED
}

function tooMany(waitMs: number): Answer {
  return problem(429, { error: 'too many questions, ask again later' }, Math.ceil(waitMs / 1_000))
}

async function answerOf(
  { lookUp, openapi, logger }: StatusServerOptions,
  route: Exclude<Answerable, { kind: 'events' }>,
): Promise<Answer> {
  try {
    if (route.kind === 'openapi') return { status: 200, body: openapi }
    if (route.kind === 'list') return { status: 200, body: await lookUp.newest(route.query) }
    const found = await lookUp.one(route.operation, route.id)
    return found ? { status: 200, body: found.status } : unknownAnswer(route.id)
  } catch (fault) {
    logger.warn({ err: fault }, 'a question could not be answered')
    return failureAnswer(toConnectorError(fault))
  }
}

function follow(
  { live, metrics, streamDeadlineMs, maxSubscribers }: StatusServerOptions,
  { operation, id }: Extract<Route, { kind: 'one' | 'events' }>,
  { headers }: IncomingMessage,
  response: ServerResponse,
  observe: (status: number) => void,
): void {
  const lastEventId = headers['last-event-id']
  const subscriber = new EventSubscriber({
    response,
    id,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    deadline: performance.now() + streamDeadlineMs,
    onEvent: () => metrics.events.inc(),
    onDropped: () => metrics.dropped.inc(),
    onAnswered: observe,
  })
  const leave = live.join(operation, id, subscriber)
  if (leave) {
    response.once('close', leave)
    return
  }
  metrics.refused.inc({ reason: 'subscribers' })
  observe(503)
  sendAnswer(response, problem(503, { error: `${maxSubscribers} live streams are open already, ask again later` }, 5))
}
