import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Health } from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import type { Address } from '@kms-connector/protocol'
import { CoreNode } from './coreNode.ts'
import { type CoreOptions, type CoreSettings, coreSettings } from './coreSettings.ts'
import { decryptionRpcs } from './decryptionRpcs.ts'
import { healthRpcs, statusRpcs } from './healthRpcs.ts'
import { keyRpcs } from './keyRpcs.ts'
import { networkRpcs } from './networkRpcs.ts'

/** `grpc_max_message_size` of every configuration KMS Core ships: 100 MiB in both directions. */
const MAX_MESSAGE_BYTES = 100 << 20
/** A Core that was told to send over-long messages must be able to. */
const MAX_FAULTY_BYTES = 256 << 20
/** Megabytes one HTTP/2 session may hold; Node's 10 would reset streams as soon as a few large requests overlap. */
const MAX_SESSION_MEGABYTES = 4096
const STREAM_WINDOW_BYTES = 4 << 20
const SESSION_WINDOW_BYTES = 64 << 20
const MAX_STREAMS = 1024
/** Open streams get this long to send their last status when the node stops. */
const GRACE_MS = 500

/** A development KMS Core that serves gRPC. */
export interface RunningCore {
  readonly url: string
  /** EIP-55 address that signs its answers. */
  readonly signerAddress: Address
  readonly partyId: number
  /** Ends polls, closes all connections and forgets everything. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts one node in this process: a real gRPC server (HTTP/2, with mutual TLS where asked for) that decrypts real TFHE ciphertexts and signs
 * like KMS Core v0.13. For development only: anybody who reaches it can decrypt, and the seed is the key.
 * @throws RangeError on settings that make no sense, Error when the port is taken
 */
export async function startCore(options: CoreOptions): Promise<RunningCore> {
  const settings = coreSettings(options)
  const stopper = new AbortController()
  const node = new CoreNode(settings, stopper.signal)
  const server = openServer(settings, handler(node, settings, stopper.signal))
  const sessions = trackSessions(server)
  const port = await listen(server, settings)
  return {
    url: `${settings.tls ? 'https' : 'http'}://${settings.host}:${port}`,
    signerAddress: node.signer.address,
    partyId: settings.partyId,
    stop: () => stop(server, sessions, stopper),
  }
}

/** Options that all nodes of a network share, with one signing key a node: party 1 gets the first. */
export type NetworkOptions = Omit<CoreOptions, 'signingKey' | 'partyId' | 'parties' | 'port'> & {
  readonly signingKeys: readonly CoreOptions['signingKey'][]
}

/** Starts all nodes of an emulated threshold network, or a centralized Core when there is one signing key. */
export async function startCoreNetwork({ signingKeys, ...shared }: NetworkOptions): Promise<RunningCore[]> {
  const parties = signingKeys.length
  const nodes: RunningCore[] = []
  try {
    for (const [index, signingKey] of signingKeys.entries()) {
      nodes.push(await startCore({ ...shared, signingKey, parties, partyId: index + 1 }))
    }
    return nodes
  } catch (fault) {
    await Promise.all(nodes.map(node => node.stop()))
    throw fault
  }
}

function handler(node: CoreNode, settings: CoreSettings, stopped: AbortSignal) {
  return connectNodeAdapter({
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: settings.faults.onPoll ? MAX_FAULTY_BYTES : MAX_MESSAGE_BYTES,
    connect: false,
    grpcWeb: false,
    shutdownSignal: stopped,
    routes: router => {
      router.service(CoreServiceEndpoint, {
        ...decryptionRpcs(node),
        ...keyRpcs(node),
        ...networkRpcs(node),
        ...statusRpcs(node),
      })
      router.service(Health, healthRpcs(node))
    },
  })
}

type Server = Http2Server | Http2SecureServer

function openServer({ tls }: CoreSettings, onRequest: ReturnType<typeof handler>): Server {
  const options = {
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: MAX_STREAMS },
  }
  if (!tls) return createServer(options, onRequest)
  const { cert, key, clientCa } = tls
  return createSecureServer(
    { ...options, cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true },
    onRequest,
  )
}

function trackSessions(server: Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    session.once('close', () => sessions.delete(session))
  })
  return sessions
}

function listen(server: Server, { host, port }: CoreSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('the server has no port'))
      else resolve(address.port)
    })
  })
}

async function stop(
  server: Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  stopper: AbortController,
): Promise<void> {
  if (stopper.signal.aborted) return
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  stopper.abort(new Error('the Core is stopping'))
  for (const session of sessions) session.close()
  const force = setTimeout(() => {
    for (const session of sessions) session.destroy()
  }, GRACE_MS)
  await closed
  clearTimeout(force)
}
