import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { listenOnLoopback } from './loopback.ts'

/** One request to a bucket. */
export interface S3Call {
  readonly method: string
  /** Path and query as they came; the bucket and key are in it in path style. */
  readonly path: string
}

export type S3WireFault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The body comes at this pace. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The connection breaks after this many bytes of the body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** One bit of every 1000 bytes is flipped. */
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'silence' }
  /** The connection is reset without an answer. */
  | { readonly kind: 'reset' }

/** Decides request by request; undefined lets it through. */
export type S3WireHook = (call: S3Call) => S3WireFault | undefined

export interface S3Proxy extends AsyncDisposable {
  readonly url: string
  /** Replaced at any time. */
  onCall: S3WireHook
  readonly calls: number
  stop(): Promise<void>
}

const NODE_TIMEOUT_MS = 60_000
const FLIP_EVERY = 1000
const SLOW_TICKS_A_SECOND = 10

/**
 * Starts an HTTP proxy on loopback in front of any S3 server. The Host header goes on as it came, since signatures cover it;
 * a server that is addressed by its own name refuses such signatures rightly.
 * @param options.target http URL of the server
 */
export async function startS3Proxy(options: {
  readonly target: string
  readonly onCall?: S3WireHook
}): Promise<S3Proxy> {
  const state = { hook: options.onCall ?? (() => undefined), calls: 0 }
  const server = createServer((request, response) => {
    state.calls++
    response.on('error', () => response.destroy())
    request.on('error', () => {})
    const fault = state.hook({ method: request.method ?? '', path: request.url ?? '/' })
    serve(options.target, request, response, fault)
  })
  const port = await listenOnLoopback(server)
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${port}`,
    get onCall() {
      return state.hook
    },
    set onCall(hook) {
      state.hook = hook
    },
    get calls() {
      return state.calls
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function serve(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: S3WireFault | undefined,
): void {
  switch (fault?.kind) {
    case 'status':
      request.resume()
      response.writeHead(fault.status, { 'content-type': 'application/xml' })
      response.end(fault.body ?? '<Error><Code>InternalError</Code><Message>injected fault</Message></Error>')
      return
    case 'redirect':
      request.resume()
      response.writeHead(307, { location: fault.location }).end()
      return
    case 'silence':
      request.resume()
      return
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'delay': {
      const timer = setTimeout(() => forward(target, request, response, undefined), fault.ms)
      response.once('close', () => clearTimeout(timer))
      return
    }
    default:
      forward(target, request, response, fault)
  }
}

function forward(target: string, from: IncomingMessage, to: ServerResponse, fault: S3WireFault | undefined): void {
  const url = new URL(from.url ?? '/', target)
  const { method = 'GET', headers } = from
  const upstream = send(url, { method, headers, timeout: NODE_TIMEOUT_MS }, answer => {
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    if (method === 'HEAD' || fault === undefined) answer.pipe(to)
    else void sendFaulty(answer, to, fault)
    answer.on('error', () => to.destroy())
  })
  upstream.on('error', () => from.socket.resetAndDestroy())
  upstream.on('timeout', () => upstream.destroy())
  to.once('close', () => upstream.destroy())
  from.pipe(upstream)
}

async function sendFaulty(answer: IncomingMessage, to: ServerResponse, fault: S3WireFault): Promise<void> {
  let sent = 0
  // CAST: an answer without an encoding gives buffers
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (to.destroyed) return
    if (fault.kind === 'corrupt') flipBits(chunk, sent)
    const room = fault.kind === 'cut' ? fault.afterBytes - sent : chunk.length
    if (fault.kind === 'slow') await sendSlowly(chunk, to, fault.bytesPerSecond)
    else await new Promise<void>(resolve => to.write(chunk.subarray(0, Math.max(0, room)), () => resolve()))
    sent += chunk.length
    if (fault.kind === 'cut' && sent >= fault.afterBytes) {
      to.destroy()
      return
    }
  }
  to.end()
}

function flipBits(chunk: Buffer, before: number): void {
  const first = (FLIP_EVERY - (before % FLIP_EVERY)) % FLIP_EVERY
  for (let at = first; at < chunk.length; at += FLIP_EVERY) chunk[at] = (chunk[at] ?? 0) ^ 1
}

async function sendSlowly(chunk: Buffer, to: ServerResponse, bytesPerSecond: number): Promise<void> {
  const piece = Math.max(1, Math.ceil(bytesPerSecond / SLOW_TICKS_A_SECOND))
  for (let at = 0; at < chunk.length && !to.destroyed; at += piece) {
    to.write(chunk.subarray(at, at + piece))
    await new Promise(resolve => setTimeout(resolve, 1000 / SLOW_TICKS_A_SECOND))
  }
}
