import { type ClientHttp2Session, connect, constants, createServer, type ServerHttp2Session } from 'node:http2'
import { type GrpcFault, serveStream } from './grpcStream.ts'
import { listenOnLoopback } from './loopback.ts'

/** Decides about one call by its method, such as "GetPublicDecryptionResult"; undefined lets it through. */
export type GrpcHook = (method: string) => GrpcFault | undefined

export interface GrpcProxyOptions {
  /** http URL of a server that speaks HTTP/2 without TLS. */
  readonly target: string
  readonly onCall?: GrpcHook
}

export interface GrpcProxy extends AsyncDisposable {
  readonly url: string
  /** Replaced at any time. */
  onCall: GrpcHook
  /** Where calls go; changed when the server is restarted at another port. */
  target: string
  /** Calls seen so far. */
  readonly calls: number
  /** GOAWAY to every client; calls under way go on. @returns how many connections were told */
  goAway(): number
  /** Breaks every connection. */
  cut(): void
  stop(): Promise<void>
}

/** Node's default of 10 MB a session would reset streams as soon as a few large requests overlap. */
const MOST_SESSION_MEGABYTES = 1024
const MOST_STREAMS = 1024

/** Starts an HTTP/2 proxy on loopback that sees the single calls: statuses, resets, delays, lost replies. */
export async function startGrpcProxy({ target, onCall = () => undefined }: GrpcProxyOptions): Promise<GrpcProxy> {
  const sessions = new Set<ServerHttp2Session>()
  const upstream = new Upstream(target)
  const state = { hook: onCall, calls: 0 }
  const server = createServer({
    maxSessionMemory: MOST_SESSION_MEGABYTES,
    settings: { maxConcurrentStreams: MOST_STREAMS },
  })
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    state.calls++
    const method = String(headers[constants.HTTP2_HEADER_PATH]).split('/').at(-1) ?? ''
    serveStream(stream, headers, () => upstream.session(), state.hook(method))
  })
  const port = await listenOnLoopback(server)
  const cut = () => {
    for (const session of sessions) session.destroy()
  }
  const stop = async () => {
    cut()
    upstream.close()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get onCall() {
      return state.hook
    },
    set onCall(hook) {
      state.hook = hook
    },
    get target() {
      return upstream.target
    },
    set target(next) {
      upstream.retarget(next)
    },
    get calls() {
      return state.calls
    },
    goAway: () => {
      for (const session of sessions) session.goaway()
      return sessions.size
    },
    cut,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The connection to the target, made anew when it is gone. */
class Upstream {
  #target: string
  #session: ClientHttp2Session | undefined

  constructor(target: string) {
    this.#target = target
  }

  get target(): string {
    return this.#target
  }

  retarget(target: string): void {
    this.close()
    this.#session = undefined
    this.#target = target
  }

  session(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session
    const session = connect(this.#target, { maxSessionMemory: MOST_SESSION_MEGABYTES })
    // Streams tell of the failure; nobody else has to.
    session.on('error', () => session.destroy())
    session.on('goaway', () => session.close())
    this.#session = session
    return session
  }

  close(): void {
    this.#session?.destroy()
  }
}
