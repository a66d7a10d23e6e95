import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Address,
  decodeResponse,
  encodeRequest,
  OPERATIONS_V0_11,
  OperationTable,
  parseRequestId,
  type Request,
  type RequestId,
  type Response,
} from '@kms-connector/protocol'
import {
  type Broker,
  connectBroker,
  DEAD_LETTERS,
  DEFAULT_TOPOLOGY,
  type DeadLetter,
  decodeDeadLetter,
  drainBroker,
  messageAt,
  messageId,
  newestMessage,
  provision,
  publishOnce,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  topologyOf,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { type CoreOptions, type RunningCore, startCore } from '../../apps/devnet/src/core/index.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import type { World } from './world.ts'

export const TABLE = new OperationTable(OPERATIONS_V0_11)
const WORKER = new URL('../../apps/kms-worker/src/main.ts', import.meta.url).pathname

/** `KMS_CONNECTOR_*` variables without the prefix. */
export type Variables = Readonly<Record<string, string>>

/** Streams and a KMS Core of their own for one test, and workers between them in the world of the file. */
export interface Bench {
  readonly nats: NatsServer
  readonly broker: Broker
  readonly core: RunningCore
  /** Starts a worker and waits until it is ready. */
  worker(variables?: Variables): Promise<ServiceProcess>
  /** Starts a worker that may not come up. */
  spawn(variables?: Variables): Promise<ServiceProcess>
  /** Puts a request on its stream, as the listener does. */
  publish(request: Request): Promise<void>
  /** Puts any body under the subject of a request. */
  publishRaw(operation: string, id: RequestId, body: Uint8Array): Promise<void>
  response(operation: string, id: RequestId): Promise<Response | undefined>
  /** Waits for the response. */
  answered(request: Pick<Request, 'operation' | 'id'>): Promise<Response>
  /** Waits for the only letter about a request. */
  buried(id: RequestId): Promise<DeadLetter>
  letters(): Promise<DeadLetter[]>
  /** Messages on RESPONSES. */
  responses(): Promise<number>
  /** What the workers have not settled, delivered or not. */
  open(operation: string): Promise<{ readonly pending: number; readonly delivered: number }>
}

export async function openBench(t: TestContext, world: World, core: Partial<CoreOptions> = {}): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-worker-'))
  const nats = await startNatsServer({ storeDir: join(dir, 'nats') })
  const broker = await connectBroker({ servers: [nats.url], name: 'test' })
  const ackWait = { ...DEFAULT_TOPOLOGY, ackWaitMs: 2_000 }
  await provision(broker, topologyOf(OPERATIONS_V0_11, ackWait))
  const running = await startCore({ ...world.coreOptions, ...core })
  const workers: ServiceProcess[] = []
  t.after(async () => {
    await Promise.all(workers.map(worker => worker.kill('SIGKILL')))
    await running.stop()
    await drainBroker(broker, 1_000)
    await nats.stop()
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  })
  const spawn = async (variables: Variables = {}) => {
    const name = `kms-worker-${workers.length + 1}`
    const env = environment(world, nats.url, running.url, { SERVICE_NAME: name, ...variables })
    const urlOf = (line: string) => /"monitoring_url":"([^"]+)"/.exec(line)?.[1]
    const logFile = join(dir, `${name}.log`)
    const plan = { name, entry: WORKER, args: ['start'], env, logFile, urlOf, readyPage: '/readyz' }
    const worker = await ServiceProcess.spawn(plan)
    workers.push(worker)
    return worker
  }
  const response = async (operation: string, id: RequestId) => {
    const stored = await newestMessage(broker, RESPONSES, responseSubject(TABLE.named(operation), id))
    return stored && decodeResponse(TABLE, stored.body)
  }
  return {
    nats,
    broker,
    core: running,
    worker: async variables => (await spawn(variables)).ready(),
    spawn,
    async publish(request) {
      const subject = requestSubject(request.operation, request.id)
      await publishOnce(broker, subject, encodeRequest(request), { msgId: messageId(request.id) })
    },
    async publishRaw(operation, id, body) {
      await publishOnce(broker, requestSubject(TABLE.named(operation), id), body, { msgId: messageId(id) })
    },
    response,
    answered: ({ operation, id }) => until(`${operation.name} ${id} answered`, () => response(operation.name, id)),
    async buried(id) {
      const found = await until(`${id} buried`, async () => {
        const letters = (await lettersOf(broker)).filter(({ key }) => key === id)
        return letters.length > 0 ? letters : undefined
      })
      const [letter] = found
      if (!letter || found.length > 1) throw new Error(`${found.length} letters about ${id}`)
      return letter
    },
    letters: () => lettersOf(broker),
    responses: async () => (await broker.manager.streams.info(RESPONSES)).state.messages,
    async open(operation) {
      const stream = requestStream(TABLE.named(operation))
      const info = await broker.manager.consumers.info(stream, WORKER_CONSUMER)
      return { pending: info.num_pending, delivered: info.num_ack_pending }
    },
  }
}

async function lettersOf(broker: Broker): Promise<DeadLetter[]> {
  const { state } = await broker.manager.streams.info(DEAD_LETTERS)
  const letters: DeadLetter[] = []
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const message = await messageAt(broker, DEAD_LETTERS, seq)
    if (message) letters.push(decodeDeadLetter(message.body))
  }
  return letters
}

function environment(world: World, natsUrl: string, coreUrl: string, variables: Variables): Record<string, string> {
  const { gateway, rpcUrl, hostRpcUrl, acl, wallet, hostChainId } = world
  const all: Variables = {
    MONITORING_ENDPOINT: '127.0.0.1:0',
    SHUTDOWN_TIMEOUT: '8s',
    NATS_URL: natsUrl,
    GATEWAY_URL: rpcUrl,
    GATEWAY_CHAIN_ID: String(gateway.chainId),
    DECRYPTION_CONTRACT__ADDRESS: gateway.decryption,
    KMS_GENERATION_CONTRACT__ADDRESS: gateway.kmsGeneration,
    GATEWAY_CONFIG_CONTRACT__ADDRESS: gateway.gatewayConfig,
    WALLET_ADDRESS: wallet,
    KMS_CORE_ENDPOINTS: coreUrl,
    ALLOW_PRIVATE_BUCKETS: 'true',
    HOST_CHAINS: hostChains([{ url: hostRpcUrl, chainId: hostChainId, acl }]),
    S3_CIPHERTEXT_RETRIEVAL_RETRIES: '1',
    STREAMS__ACK_WAIT: '2s',
    ...variables,
  }
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [`KMS_CONNECTOR_${key}`, value]))
}

export function hostChains(chains: readonly { url: string; chainId: number; acl: Address }[]): string {
  return JSON.stringify(chains.map(({ url, chainId, acl }) => ({ url, chain_id: chainId, acl_address: acl })))
}

/** A worker that gives a decryption up after this many attempts, however young it is. */
export function impatient(attempts: number): Variables {
  return { MAX_DECRYPTION_ATTEMPTS: String(attempts), MAX_DECRYPTION_AGE: '1ms' }
}

/** Waits until a question is answered with something else than false or undefined. */
export async function until<T>(what: string, ask: () => Promise<T>, deadlineMs = 90_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await sleep(50)
  }
}

export async function logOf(service: ServiceProcess): Promise<string> {
  return readFile(service.logFile, 'utf8')
}

export function idOf(type: number, serial: number): RequestId {
  return parseRequestId(((BigInt(type) << 248n) + BigInt(serial)).toString(16).padStart(64, '0'))
}
