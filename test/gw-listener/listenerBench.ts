import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeRequest, OPERATIONS_V0_11, OperationTable, parseRequestId, type Request } from '@kms-connector/protocol'
import {
  type Broker,
  connectBroker,
  DEAD_LETTERS,
  type DeadLetter,
  decodeDeadLetter,
  drainBroker,
  messageAt,
  newestMessage,
  requestStream,
  requestSubject,
} from '@kms-connector/streams'
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { GATEWAY_CHAIN, type TestGateway } from '../contracts/testGateway.ts'

export const TABLE = new OperationTable(OPERATIONS_V0_11)
const LISTENER = new URL('../../apps/gw-listener/src/main.ts', import.meta.url).pathname

/** `KMS_CONNECTOR_*` variables without the prefix; undefined takes a default of the bench away. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Streams of their own for one test, and listeners that fill them from the chain of the file. */
export interface Bench {
  readonly nats: NatsServer
  readonly broker: Broker
  /** Spawns a listener that reads from the first block after the bench was opened unless told otherwise. */
  spawn(variables?: Variables): Promise<ServiceProcess>
  /** The same, and waits until it is ready. */
  listener(variables?: Variables): Promise<ServiceProcess>
  /** The request as it is on its stream. */
  request(operation: string, id: string): Promise<Request | undefined>
  /** Messages on the stream of an operation. */
  count(operation: string): Promise<number>
  letters(): Promise<DeadLetter[]>
}

export async function openBench(t: TestContext, gateway: TestGateway, options: NatsServerOptions = {}): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'kms-connector-listener-'))
  const nats = await startNatsServer({ ...options, storeDir: join(dir, 'nats') })
  const broker = await connectBroker({ servers: [nats.url], name: 'test' })
  const listeners: ServiceProcess[] = []
  t.after(async () => {
    await Promise.all(listeners.map(listener => listener.kill('SIGKILL')))
    await drainBroker(broker, 1_000)
    await nats.stop()
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  })
  const start = await nextBlock(gateway)
  const spawn = async (variables: Variables = {}) => {
    const name = `gw-listener-${listeners.length + 1}`
    const env = environment(gateway, nats.url, { SERVICE_NAME: name, ...startAt(start), ...variables })
    const logFile = join(dir, `${name}.log`)
    const urlOf = (line: string) => /"monitoring_url":"([^"]+)"/.exec(line)?.[1]
    const plan = { name, entry: LISTENER, args: ['start'], env, logFile, urlOf, readyPage: '/readyz' }
    const process = await ServiceProcess.spawn(plan)
    listeners.push(process)
    return process
  }
  return {
    nats,
    broker,
    spawn,
    listener: async variables => (await spawn(variables)).ready(),
    async request(operation, id) {
      const of = TABLE.named(operation)
      const stored = await newestMessage(broker, requestStream(of), requestSubject(of, parseRequestId(id)))
      return stored && decodeRequest(TABLE, stored.body)
    },
    async count(operation) {
      const info = () => broker.manager.streams.info(requestStream(TABLE.named(operation)))
      // A broker that was just restarted may not have answered yet.
      const { state } = await until('the broker answers', () => info().catch(() => undefined))
      return state.messages
    },
    letters: () => lettersOf(broker),
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

function startAt(block: number): Variables {
  return { DECRYPTION_FROM_BLOCK_NUMBER: String(block), KMS_OPERATION_FROM_BLOCK_NUMBER: String(block) }
}

/** First block that does not exist yet. */
export async function nextBlock({ node }: TestGateway): Promise<number> {
  return Number(await node(0).wallet.client.getBlockNumber()) + 1
}

function environment(gateway: TestGateway, natsUrl: string, variables: Variables): Record<string, string> {
  const all: Variables = {
    MONITORING_ENDPOINT: '127.0.0.1:0',
    NATS_URL: natsUrl,
    GATEWAY_URL: gateway.rpcUrl,
    GATEWAY_CHAIN_ID: String(GATEWAY_CHAIN),
    DECRYPTION_CONTRACT__ADDRESS: gateway.gateway.decryption,
    KMS_GENERATION_CONTRACT__ADDRESS: gateway.gateway.kmsGeneration,
    DECRYPTION_POLLING: '50ms',
    KEY_MANAGEMENT_POLLING: '50ms',
    OVERLAP_INTERVAL: '200ms',
    ...variables,
  }
  const given = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return Object.fromEntries(given.map(([key, value]) => [`KMS_CONNECTOR_${key}`, value]))
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

/** Lines that a process has logged so far. */
export async function logOf(service: ServiceProcess): Promise<string> {
  return readFile(service.logFile, 'utf8')
}
