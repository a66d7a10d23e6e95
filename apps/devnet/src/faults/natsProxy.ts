import { connect, createServer, type Server, type Socket } from 'node:net'
import type { NatsMessage } from './natsMessage.ts'
import type { NatsMoment } from './natsMoments.ts'
import { NatsProxyConnection } from './natsProxyConnection.ts'

/**
 * What becomes of a message.
 * - `forward`, `drop`, `duplicate` (forwarded twice)
 * - `cut`: dropped, and both ends see a broken connection; `forward-and-cut`: the same after it was forwarded
 * - `later`: others pass it; it is forwarded when the promise settles, if the connection still stands
 */
export type NatsFate =
  | 'forward'
  | 'drop'
  | 'duplicate'
  | 'cut'
  | 'forward-and-cut'
  | { readonly later: Promise<unknown> }

/**
 * Decides about one message. While a rule is awaited nothing behind the message passes, so a rule can kill a process
 * before exactly this message, or after it.
 * @param forward lets the message pass now, for a rule that does something afterwards
 * @returns undefined: forwarded, unless it was already
 */
export type NatsRule = (
  message: NatsMessage,
  forward: () => Promise<void>,
) => NatsFate | undefined | Promise<NatsFate | undefined>

export interface NatsProxyOptions {
  /** `nats://host:port` of the server. */
  readonly serverUrl: string
  /** Loopback port; without it a free one. */
  readonly port?: number
  /** Servers of the cluster that clients are told about, as `host:port`; none unless given, so that they stay here. */
  readonly announce?: () => readonly string[]
}

/**
 * Stands between NATS clients and their server and understands what they say, so that a test can act at an exact step of a
 * process that knows nothing of it. Speaks the client protocol without TLS.
 */
export class NatsProxy implements AsyncDisposable {
  /** Decides about every message that {@link at} does not; replace it at any time. A rule that throws cuts the connection. */
  rule: NatsRule = () => undefined
  /** While true, new connections are refused. */
  refusing = false
  readonly port: number
  readonly #server: Server
  readonly #connections = new Set<NatsProxyConnection>()
  readonly #moments = new Set<{ readonly when: NatsMoment; readonly act: NatsRule }>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(options: NatsProxyOptions): Promise<NatsProxy> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port ?? 0, '127.0.0.1', resolve)
    })
    const address = server.address()
    const proxy = new NatsProxy(server, typeof address === 'object' && address ? address.port : 0)
    server.on('connection', client => proxy.#serve(client, options))
    return proxy
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /**
   * Acts once, on the first message that fits, and hands it out when the act is over. Several moments may wait at a time.
   * @param act as a {@link rule}
   */
  at(when: NatsMoment, act: NatsRule): Promise<NatsMessage> {
    return new Promise((resolve, reject) => {
      const once: NatsRule = async (message, forward) => {
        this.#moments.delete(moment)
        try {
          const fate = await act(message, forward)
          resolve(message)
          return fate
        } catch (fault) {
          reject(fault)
          throw fault
        }
      }
      const moment = { when, act: once }
      this.#moments.add(moment)
    })
  }

  /** Breaks connections. @param of chooses them by the name of their client; all when left out */
  cut(of?: (client: string) => boolean): void {
    for (const connection of this.#connections) if (!of || of(connection.client)) connection.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refusing = true
    this.cut()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #serve(client: Socket, { serverUrl, announce = () => [] }: NatsProxyOptions): void {
    if (this.refusing) {
      client.on('error', () => {}).destroy()
      return
    }
    const { hostname, port } = new URL(serverUrl)
    const server = connect({ host: hostname, port: Number(port) })
    const announced = () => ({ host: '127.0.0.1', port: this.port, connect_urls: announce() })
    const connection = new NatsProxyConnection(
      client,
      server,
      (message, forward) => this.#decide(message, forward),
      announced,
    )
    this.#connections.add(connection)
    void connection.done.then(() => this.#connections.delete(connection))
  }

  #decide(message: NatsMessage, forward: () => Promise<void>): ReturnType<NatsRule> {
    for (const moment of this.#moments) if (moment.when(message)) return moment.act(message, forward)
    return this.rule(message, forward)
  }
}
