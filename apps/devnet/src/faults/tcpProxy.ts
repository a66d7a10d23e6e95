import { createServer, type Socket } from 'node:net'
import { listenOnLoopback } from './loopback.ts'
import { TcpLink } from './tcpLink.ts'

/** `up` is from the client to the target. */
export type Direction = 'up' | 'down'

/** What is wrong with a network right now; an empty object is a good one. */
export interface TcpFaults {
  /** Milliseconds that every byte is late. */
  readonly delayMs?: number
  /** Bytes per second of each direction of each connection. */
  readonly bytesPerSecond?: number
  /** New connections are reset as soon as they are made, as by a port without a listener behind a balancer. */
  readonly refuse?: boolean
  /** Nothing moves in these directions, and nobody is told: a half-open connection. What waits arrives when it ends. */
  readonly stall?: readonly Direction[]
  /** Bytes in this direction vanish. A connection that lost some is reset when this ends: a stream has no holes. */
  readonly drop?: Direction
}

export interface TcpProxy {
  /** URL of the target with our port in it. */
  readonly url: string
  readonly port: number
  /** Changed at any time; counts for open connections, too. */
  faults: TcpFaults
  /** Connections open now. */
  readonly open: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** Resets every open connection (RST in both directions). @returns how many */
  cut(): number
  stop(): Promise<void>
}

export interface TcpProxyOptions {
  /** URL with host and port, such as "nats://127.0.0.1:4222". */
  readonly target: string
  readonly faults?: TcpFaults
  /** Connections at once; more are reset. 1024 when left out. */
  readonly maxConnections?: number
}

/**
 * Starts a proxy on loopback that knows nothing of what it carries: for gRPC, WebSockets, NATS, S3, TLS.
 * A port that nobody listens on cannot be shown without giving the port up, so `refuse` resets after the accept.
 * @throws TypeError when the target is no URL with a port
 */
export async function startTcpProxy({
  target,
  faults = {},
  maxConnections = 1024,
}: TcpProxyOptions): Promise<TcpProxy> {
  const url = new URL(target)
  if (url.port === '') throw new TypeError(`the target ${url.protocol}//${url.hostname} names no port`)
  const to = { host: url.hostname, port: Number(url.port) }
  const links = new Set<TcpLink>()
  let weather = faults
  let accepted = 0
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client: Socket) => {
    accepted++
    if (weather.refuse || links.size >= maxConnections) {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const link = new TcpLink(client, to, () => weather)
    links.add(link)
    void link.closed.then(() => links.delete(link))
  })
  const port = await listenOnLoopback(server)
  url.port = String(port)
  const cut = () => {
    const count = links.size
    for (const link of links) link.reset()
    return count
  }
  return {
    // An opaque scheme such as nats: gets no slash from the URL class, http: does.
    url: target.endsWith('/') ? url.href : url.href.replace(/\/$/, ''),
    port,
    get faults() {
      return weather
    },
    set faults(next) {
      weather = next
      for (const link of links) link.weatherChanged()
    },
    get open() {
      return links.size
    },
    get accepted() {
      return accepted
    },
    cut,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        cut()
      }),
  }
}
