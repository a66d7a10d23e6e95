import { lookup } from 'node:dns'
import type { SecureClientSessionOptions } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Transport } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { guardedLookup, isLinkLocalAddress } from '@kms-connector/protocol'
import type { TlsMaterial, TlsSource } from './endpoint.ts'
import { tlsAdvice } from './tlsAdvice.ts'
import { unaryTransport } from './unaryTransport.ts'

/** Megabytes one HTTP/2 session may buffer. Node's default of 10 resets streams once requests carry ciphertexts. */
const MAX_SESSION_MEMORY_MB = 1000
/** A long poll is silent for a minute; a ping tells a slow Core from a dead connection. */
const PING_INTERVAL_MS = 30_000
const PING_TIMEOUT_MS = 15_000

export interface ChannelOptions {
  readonly tls: TlsMaterial | TlsSource | undefined
  readonly connectTimeoutMs: number
  readonly maxMessageBytes: number
}

/** One HTTP/2 connection to a Core, opened on first use and reopened when it breaks. */
export interface Channel {
  readonly transport: Transport
  /** Ends the connection and every call on it. */
  close(): void
}

export function openChannel(origin: string, options: ChannelOptions): Channel {
  const session: SecureClientSessionOptions = {
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    createConnection: url => connectWithin(options.connectTimeoutMs, openSocket(url, options.tls)),
  }
  const pings = { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS }
  const sessionManager = new Http2SessionManager(origin, pings, session)
  const library = createGrpcTransport({
    baseUrl: origin,
    sessionManager,
    readMaxBytes: options.maxMessageBytes,
    writeMaxBytes: options.maxMessageBytes,
    // Answers are ciphertexts and signatures: nothing to compress, and no way for a few bytes to unpack to gigabytes.
    acceptCompression: [],
  })
  const transport = { ...library, unary: unaryTransport(sessionManager, options.maxMessageBytes) }
  return { transport, close: () => sessionManager.abort() }
}

/** A configured name must not lead to the metadata service of a cloud, whoever controls its DNS. */
const guarded = guardedLookup(
  lookup,
  isLinkLocalAddress,
  name => new Error(`${name} resolves to a link-local address, which is never contacted`),
)

function openSocket(url: URL, tls: ChannelOptions['tls']): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'http:')
    return connectTcp({ host, port: Number(url.port || 80), noDelay: true, lookup: guarded })
  // Throws for files that cannot be read or do not fit together: the call fails, connections that exist go on.
  return openTlsSocket(host, Number(url.port || 443), typeof tls === 'function' ? tls() : (tls ?? {}))
}

function openTlsSocket(host: string, port: number, { serverName, ...material }: TlsMaterial): Socket {
  // An IP address is no valid server name indication; the certificate is checked against it all the same.
  const servername = serverName ?? (/^[\d.]+$|:/.test(host) ? '' : host)
  const socket = connectTls({ ...material, host, port, servername, lookup: guarded, ALPNProtocols: ['h2'] })
  socket.prependListener('error', (fault: NodeJS.ErrnoException) => {
    fault.message = tlsAdvice(fault.code, fault.message)
  })
  return socket
}

/** Node waits for the operating system's limit (minutes) before it gives a connection attempt up. */
function connectWithin(ms: number, socket: Socket): Socket {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' }))
  }, ms)
  const stop = () => clearTimeout(timer)
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop)
  socket.once('close', stop)
  return socket
}
