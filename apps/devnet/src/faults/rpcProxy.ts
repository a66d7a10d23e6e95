import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenOnLoopback } from './loopback.ts'
import type { AskNode, RpcAnswer, RpcCall } from './rpcAction.ts'
import { answerExchange } from './rpcExchange.ts'
import { RpcRules } from './rpcRules.ts'
import { seededRandom } from './seededRandom.ts'

/** How the node behind the wire behaves: what it answers to a call, mostly by asking what is behind it. */
export type NodeLayer = (call: RpcCall, ask: AskNode) => Promise<RpcAnswer>

export interface RpcProxyOptions {
  /** http URL of a real node. */
  readonly target: string
  /** Of the chances of rules; 1 when left out. */
  readonly seed?: number
  /** How the node behaves, the outermost first; replace them with {@link RpcProxy.layers}. */
  readonly layers?: readonly NodeLayer[]
  /** Exchanges at once; more are answered with 503. 1024 when left out. */
  readonly maxExchanges?: number
}

export interface RpcProxy extends AsyncDisposable {
  readonly url: string
  /** Faults of the wire and of balancers, by method. */
  readonly rules: RpcRules
  /** What kind of node it is: lagging, a sequencer ... A fault of the wire meets the node with all its layers. */
  layers: readonly NodeLayer[]
  /** The last 10,000 exchanges, each with its calls. */
  readonly exchanges: readonly (readonly RpcCall[])[]
  /** Most exchanges that were under way at once. */
  readonly peak: number
  /** Resets every connection. */
  cut(): void
  /** Resets every connection and ends everything under way. */
  stop(): Promise<void>
}

/** What the exchanges of one proxy share. */
export interface ProxyState {
  readonly target: string
  readonly rules: RpcRules
  readonly stopping: AbortSignal
  layers: readonly NodeLayer[]
}

const MOST_BODY_BYTES = 8 << 20
const EXCHANGES_KEPT = 10_000

/** Starts an HTTP server on loopback that plays a JSON-RPC node with faults, on top of a real one. */
export async function startRpcProxy(options: RpcProxyOptions): Promise<RpcProxy> {
  const { target, seed = 1, layers = [], maxExchanges = 1024 } = options
  const stopping = new AbortController()
  const state: ProxyState = { target, rules: new RpcRules(seededRandom(seed)), stopping: stopping.signal, layers }
  const exchanges: (readonly RpcCall[])[] = []
  const counts = { now: 0, peak: 0 }
  const server = createServer((request, response) => {
    counts.peak = Math.max(counts.peak, ++counts.now)
    response.once('close', () => counts.now--)
    response.on('error', () => response.destroy())
    if (counts.now > maxExchanges) {
      response.writeHead(503).end('too many exchanges')
      return
    }
    void serve(state, exchanges, request, response)
  })
  const port = await listenOnLoopback(server)
  const stop = () =>
    new Promise<void>(resolve => {
      stopping.abort(new Error('the proxy stops'))
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${port}`,
    rules: state.rules,
    exchanges,
    get layers() {
      return state.layers
    },
    set layers(next) {
      state.layers = next
    },
    get peak() {
      return counts.peak
    },
    cut: () => server.closeAllConnections(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function serve(
  state: ProxyState,
  exchanges: (readonly RpcCall[])[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const text = await bodyOf(request)
    const body: unknown = JSON.parse(text)
    const calls = (Array.isArray(body) ? body : [body]).map(callOf)
    if (exchanges.push(calls) > EXCHANGES_KEPT) exchanges.shift()
    await answerExchange(state, calls, Array.isArray(body), response)
  } catch {
    // No JSON, too large, target gone or proxy stopped: a broken connection, as from any broken node.
    request.socket.resetAndDestroy()
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  // CAST: a request without an encoding gives buffers
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BODY_BYTES) throw new RangeError('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function callOf(item: unknown): RpcCall {
  const { id, method, params } = item as Partial<RpcCall> // CAST: looked at field by field
  return { id, method: String(method), params: Array.isArray(params) ? params : [] }
}

/** Waits as long as the proxy runs. @throws when it stops */
export function pause(ms: number, { stopping }: Pick<ProxyState, 'stopping'>): Promise<void> {
  return sleep(ms, undefined, { signal: stopping })
}
