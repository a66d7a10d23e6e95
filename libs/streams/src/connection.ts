import { ConnectorError } from '@kms-connector/protocol'
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  DebugEvents,
  ErrorCode,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nkeyAuthenticator,
  type TlsOptions,
} from 'nats'
import { backOff } from './backoff.ts'
import { brokerAdvice } from './brokerAdvice.ts'
import { faultText } from './brokerError.ts'
import { BrokerWaits } from './brokerWaits.ts'
import { type BrokerFeatures, featuresOf } from './features.ts'
import { publicNatsKey } from './natsAuth.ts'
import { serverIdentity } from './serverName.ts'

export interface BrokerSettings {
  /** `nats://host:port`, several for a cluster. */
  readonly servers: readonly string[]
  /** Shown by the server in its connection list, such as "kms-worker-0". */
  readonly name: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** Content of a NATS credentials file. */
  readonly credentials?: string
  /** Seed of an NKey (`SU...`); leading and trailing white space is ignored. */
  readonly nkeySeed?: string
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
  /**
   * First tokens of every reply subject, such as `_INBOX_kms-worker`; `_INBOX` when left out. With one of its own for each
   * service the broker can keep them from reading each other's replies.
   */
  readonly inboxPrefix?: string
  /** True behind a load balancer, where the addresses that a cluster announces cannot be reached. */
  readonly ignoreClusterUpdates?: boolean
}

export type BrokerStatus =
  /** A first connection could not be made; it is tried again. */
  | { readonly kind: 'unreachable'; readonly attempt: number; readonly detail: string }
  | { readonly kind: 'disconnected' | 'reconnected' | 'lame-duck'; readonly server: string }
  | { readonly kind: 'error'; readonly detail: string }

/** One connection to the broker. Publishing and consuming each deserve their own: a slow reader must not delay acks. */
export interface Broker {
  readonly connection: NatsConnection
  readonly jetstream: JetStreamClient
  readonly manager: JetStreamManager
  readonly features: BrokerFeatures
  /** Publishes and writes that wait for the broker now. */
  readonly waits: BrokerWaits
  /** Settles when the connection is closed for good; the error is undefined after a drain. */
  readonly closed: Promise<ConnectorError | undefined>
}

/** Deadline of one JetStream API request in milliseconds. */
const API_TIMEOUT_MS = 5_000

/**
 * Connects and keeps trying until JetStream answers. Afterwards the client reconnects by itself without limit.
 * @param onStatus every change of the connection, for logs and metrics
 * @param signal gives up a first connection
 * @throws ConnectorError BROKER_FEATURE_MISSING for a server that is too old, SETTINGS_INVALID for unusable options;
 *   the reason of `signal`
 */
export async function connectBroker(
  settings: BrokerSettings,
  onStatus: (status: BrokerStatus) => void = () => {},
  signal?: AbortSignal,
): Promise<Broker> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await connectOnce(settings, onStatus)
    } catch (fault) {
      if (fault instanceof ConnectorError) throw fault
      onStatus({ kind: 'unreachable', attempt: attempt + 1, detail: connectFault(fault, settings) })
    }
    await backOff(attempt, 100, 2_000, signal)
  }
}

/** The client reports what happened on the way in single words. */
function connectFault(fault: unknown, settings: BrokerSettings): string {
  const code = fault instanceof NatsError ? fault.code : undefined
  if (code === ErrorCode.Timeout && wantsTls(settings)) {
    // TLS 1.3: a server refuses the client's certificate after the client has finished its part.
    return `no answer within ${API_TIMEOUT_MS} ms; a server that refuses the client certificate (missing, expired, unknown authority) answers like this`
  }
  if (code === ErrorCode.ServerOptionNotAvailable) return 'the server speaks no TLS, which the settings ask for'
  return faultText(fault)
}

/** What the client library does not know it hands to the TLS layer. */
function tlsOptions({ servers, tls }: BrokerSettings): TlsOptions & { readonly checkServerIdentity: unknown } {
  return { ...tls, checkServerIdentity: serverIdentity(servers) }
}

/** `tls://` alone is a wish for TLS too: the client would take whatever the server offers, also nothing. */
function wantsTls({ servers, tls }: BrokerSettings): boolean {
  return tls !== undefined || servers.some(server => server.toLowerCase().startsWith('tls:'))
}

async function connectOnce(settings: BrokerSettings, onStatus: (status: BrokerStatus) => void): Promise<Broker> {
  const connection = await connect(optionsOf(settings))
  try {
    const features = featuresOf(connection.info?.version ?? '')
    const manager = await connection.jetstreamManager({ timeout: API_TIMEOUT_MS })
    const jetstream = connection.jetstream({ timeout: API_TIMEOUT_MS })
    void watchStatus(connection, onStatus)
    const waits = new BrokerWaits()
    return { connection, jetstream, manager, features, waits, closed: closedFault(connection) }
  } catch (fault) {
    await connection.close()
    throw fault
  }
}

function optionsOf(settings: BrokerSettings): ConnectionOptions {
  if (settings.servers.length === 0) throw new ConnectorError('SETTINGS_INVALID', 'no broker server is configured')
  const { user, password, token, credentials, nkeySeed } = settings
  return {
    servers: [...settings.servers],
    name: settings.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    // The default of 2 minutes leaves a half-open connection unnoticed for 4.
    pingInterval: 10_000,
    maxPingOut: 2,
    timeout: API_TIMEOUT_MS,
    noAsyncTraces: true,
    ignoreClusterUpdates: settings.ignoreClusterUpdates ?? false,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(Buffer.from(credentials)) }),
    ...(nkeySeed === undefined ? {} : { authenticator: nkeyAuthenticator(seedBytes(nkeySeed)) }),
    ...(wantsTls(settings) ? { tls: tlsOptions(settings) } : {}),
    ...(settings.inboxPrefix === undefined ? {} : { inboxPrefix: settings.inboxPrefix }),
  }
}

/** The client would find out only while it connects, and then try for ever. */
function seedBytes(text: string): Uint8Array {
  const seed = Buffer.from(text.trim(), 'ascii')
  try {
    publicNatsKey(text)
  } catch {
    throw new ConnectorError(
      'SETTINGS_INVALID',
      'the NKey seed for NATS is none: it begins with SU and has 58 characters',
    )
  }
  return seed
}

async function watchStatus(connection: NatsConnection, onStatus: (status: BrokerStatus) => void): Promise<void> {
  for await (const { type, data, permissionContext: refused } of connection.status()) {
    const text = typeof data === 'string' ? data : connection.getServer()
    // The code alone does not say what to allow.
    const detail = refused ? `${text}: may not ${refused.operation} ${refused.subject}` : text
    if (type === Events.Disconnect) onStatus({ kind: 'disconnected', server: detail })
    if (type === Events.Reconnect) onStatus({ kind: 'reconnected', server: detail })
    if (type === Events.LDM) onStatus({ kind: 'lame-duck', server: detail })
    if (type === Events.Error || type === DebugEvents.StaleConnection) onStatus({ kind: 'error', detail })
  }
}

async function closedFault(connection: NatsConnection): Promise<ConnectorError | undefined> {
  const fault = await connection.closed()
  if (!fault) return undefined
  return new ConnectorError('BROKER_UNAVAILABLE', `the connection was closed: ${fault.message}`, {}, fault)
}

/**
 * Asks JetStream a cheap question, and looks whether this process waits for the broker, for readiness.
 * @throws ConnectorError BROKER_UNAVAILABLE when it does not answer within 5 s; what a publish or write waits for, such as
 *   STREAM_FULL
 */
export async function checkBroker(broker: Broker): Promise<void> {
  try {
    await broker.manager.getAccountInfo()
  } catch (fault) {
    const detail = faultText(fault)
    const advice = brokerAdvice(detail)
    const text = `JetStream does not answer: ${detail}${advice === undefined ? '' : ` (${advice})`}`
    throw new ConnectorError('BROKER_UNAVAILABLE', text, {}, fault)
  }
  const waiting = broker.waits.longest()
  if (!waiting) return
  const { count } = broker.waits
  const { waitedMs, error } = waiting
  const others = count > 1 ? ` (and ${count - 1} more)` : ''
  const detail = `waits for ${Math.round(waitedMs / 1_000)} s${others}: ${error.message.slice(error.code.length + 2)}`
  throw new ConnectorError(error.code, detail, error.facts, error)
}

/**
 * Closes the connection after everything written is on the wire; without an answer within the deadline, closes it anyway.
 * @param deadlineMs milliseconds
 */
export async function drainBroker(broker: Broker, deadlineMs = 5_000): Promise<void> {
  const { connection } = broker
  if (connection.isClosed()) return
  const timer = setTimeout(() => void connection.close(), deadlineMs)
  try {
    await connection.drain()
  } catch {
    await connection.close()
  } finally {
    clearTimeout(timer)
  }
}
