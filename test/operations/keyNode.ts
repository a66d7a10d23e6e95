import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gwListenerFor } from '@kms-connector/gw-listener'
import { kmsWorkerFor } from '@kms-connector/kms-worker'
import {
  type Address,
  decodeOutcome,
  decodeRequest,
  decodeResponse,
  OPERATIONS_V0_11,
  type Operation,
  OperationTable,
  type Outcome,
  type Request,
  type RequestId,
  type Response,
} from '@kms-connector/protocol'
import {
  type Broker,
  connectBroker,
  DEAD_LETTERS,
  type DeadLetter,
  decodeDeadLetter,
  drainBroker,
  messageAt,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
} from '@kms-connector/streams'
import { txSenderFor } from '@kms-connector/tx-sender'
import { encodeDeployData, encodeFunctionData, parseEventLogs, type TransactionReceipt } from 'viem'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { ChainSender, type ContractArtifact, devKey, readArtifact } from '../../apps/devnet/src/chain/index.ts'
import { hostChains, until, type Variables } from '../kms-worker/workerBench.ts'
import type { World } from '../kms-worker/world.ts'
import { type InProcessService, startInProcess } from './inProcess.ts'

/** Key of the wallet that the world registers for its node. */
export const WALLET_KEY = devKey(10)

export type ServiceName = 'listener' | 'worker' | 'sender'

export interface KeyNodeOptions {
  readonly coreUrl: string
  /** The protocol's own when left out. */
  readonly operations?: readonly Operation[]
  /** Contract for key management; the stand-in of the devnet when left out. */
  readonly contract?: ContractArtifact
}

export interface KeyEvent {
  readonly eventName: string
  readonly args: Readonly<Record<string, unknown>>
  readonly transactionHash: string
}

/** One connector with a broker and a key management contract of its own, in a world that others use, too. */
export class KeyNode {
  readonly contract: Address
  readonly broker: Broker
  readonly dir: string
  readonly table: OperationTable
  readonly #world: World
  readonly #options: KeyNodeOptions
  readonly #artifact: ContractArtifact
  readonly #owner: ChainSender
  readonly #nats: NatsServer
  readonly #firstBlock: bigint
  readonly #services: InProcessService[] = []

  private constructor(world: World, options: KeyNodeOptions, deployed: Deployed, nats: NatsServer, broker: Broker) {
    this.#world = world
    this.#options = options
    this.#artifact = deployed.artifact
    this.#owner = deployed.owner
    this.contract = deployed.address
    this.#firstBlock = deployed.block
    this.#nats = nats
    this.broker = broker
    this.dir = deployed.dir
    this.table = new OperationTable(options.operations ?? OPERATIONS_V0_11)
  }

  static async open(world: World, options: KeyNodeOptions): Promise<KeyNode> {
    const deployed = await deploy(world, options.contract ?? readArtifact('KMSGeneration'))
    const nats = await startNatsServer({ storeDir: join(deployed.dir, 'nats') })
    try {
      const broker = await connectBroker({ servers: [nats.url], name: 'test' })
      return new KeyNode(world, options, deployed, nats, broker)
    } catch (fault) {
      await nats.stop()
      throw fault
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map(service => service.stop()))
    await drainBroker(this.broker, 1_000)
    await this.#nats.stop()
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Starts a service in this process and waits until it has started. */
  async start(name: ServiceName, variables: Variables = {}): Promise<InProcessService> {
    const env = this.environment(name, variables)
    const service = await startService(name, this.table.all, env)
    this.#services.push(service)
    return service
  }

  /** Listener, worker and sender. */
  async startAll(): Promise<{ readonly [name in ServiceName]: InProcessService }> {
    const [listener, worker, sender] = [
      await this.start('listener'),
      await this.start('worker'),
      await this.start('sender'),
    ]
    return { listener, worker, sender }
  }

  /** The settings of a service, for whoever runs it elsewhere. */
  environment(name: ServiceName, variables: Variables = {}): Record<string, string> {
    const { gateway, rpcUrl } = this.#world
    const all: Variables = {
      SERVICE_NAME: name,
      LOG_LEVEL: 'fatal',
      MONITORING_ENDPOINT: '127.0.0.1:0',
      SHUTDOWN_TIMEOUT: '6s',
      NATS_URL: this.#nats.url,
      STREAMS__ACK_WAIT: '2s',
      GATEWAY_URL: rpcUrl,
      GATEWAY_CHAIN_ID: String(gateway.chainId),
      DECRYPTION_CONTRACT__ADDRESS: gateway.decryption,
      KMS_GENERATION_CONTRACT__ADDRESS: this.contract,
      ...this.#particular(name),
      ...variables,
    }
    return Object.fromEntries(Object.entries(all).map(([key, value]) => [`KMS_CONNECTOR_${key}`, value]))
  }

  #particular(name: ServiceName): Variables {
    const { gateway, hostRpcUrl, hostChainId, acl, wallet } = this.#world
    const block = String(this.#firstBlock)
    const polling = { DECRYPTION_POLLING: '50ms', KEY_MANAGEMENT_POLLING: '50ms' }
    switch (name) {
      case 'listener':
        return { ...polling, DECRYPTION_FROM_BLOCK_NUMBER: block, KMS_OPERATION_FROM_BLOCK_NUMBER: block }
      case 'worker':
        return {
          GATEWAY_CONFIG_CONTRACT__ADDRESS: gateway.gatewayConfig,
          WALLET_ADDRESS: wallet,
          KMS_CORE_ENDPOINTS: this.#options.coreUrl,
          // The buckets are on loopback.
          ALLOW_PRIVATE_BUCKETS: 'true',
          HOST_CHAINS: hostChains([{ url: hostRpcUrl, chainId: hostChainId, acl }]),
        }
      case 'sender':
        return { PRIVATE_KEY: WALLET_KEY }
    }
  }

  /** Calls the contract as the owner of the Gateway, who orders keys. */
  order(functionName: string, args: readonly unknown[] = []): Promise<TransactionReceipt> {
    const data = encodeFunctionData({ abi: this.#artifact.abi, functionName, args })
    return this.#owner.send({ to: this.contract, data })
  }

  read(functionName: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.#owner.client.readContract({ address: this.contract, abi: this.#artifact.abi, functionName, args })
  }

  /** Everything the contract has emitted, in order. */
  async events(): Promise<KeyEvent[]> {
    const logs = await this.#owner.client.getLogs({ address: this.contract, fromBlock: this.#firstBlock })
    return parseEventLogs({ abi: this.#artifact.abi, logs }).map(({ eventName, args, transactionHash }) => {
      // CAST: every event of these contracts has named arguments or none
      return { eventName, args: (args ?? {}) as Readonly<Record<string, unknown>>, transactionHash }
    })
  }

  /** Waits until the contract has emitted an event this often. */
  async emitted(eventName: string, times = 1): Promise<KeyEvent[]> {
    return until(`${times} ${eventName}`, async () => {
      const found = (await this.events()).filter(event => event.eventName === eventName)
      return found.length >= times ? found : undefined
    })
  }

  /** A call to the development chain itself. */
  async chain(method: string, params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.#world.rpcUrl, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(20_000),
    })
    const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown } // CAST: JSON-RPC
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }

  async request(operation: string, id: RequestId): Promise<Request | undefined> {
    const of = this.table.named(operation)
    const stored = await newestMessage(this.broker, requestStream(of), requestSubject(of, id))
    return stored && decodeRequest(this.table, stored.body)
  }

  async response(operation: string, id: RequestId): Promise<Response | undefined> {
    const stored = await newestMessage(this.broker, RESPONSES, responseSubject(this.table.named(operation), id))
    return stored && decodeResponse(this.table, stored.body)
  }

  /** Waits until a request has ended. */
  outcome(operation: string, id: RequestId): Promise<Outcome> {
    return until(`the outcome of ${operation} ${id}`, async () => {
      const stored = await newestMessage(this.broker, OUTCOMES, outcomeSubject(this.table.named(operation), id))
      return stored && decodeOutcome(stored.body)
    })
  }

  /** Messages on a stream. */
  async count(stream: string): Promise<number> {
    return (await this.broker.manager.streams.info(stream)).state.messages
  }

  async letters(): Promise<DeadLetter[]> {
    const { state } = await this.broker.manager.streams.info(DEAD_LETTERS)
    const letters: DeadLetter[] = []
    for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
      const message = await messageAt(this.broker, DEAD_LETTERS, seq)
      if (message) letters.push(decodeDeadLetter(message.body))
    }
    return letters
  }

  /** Transactions of the node's wallet that are mined. */
  nonce(): Promise<number> {
    return this.#owner.client.getTransactionCount({ address: this.#world.wallet, blockTag: 'latest' })
  }
}

function startService(
  name: ServiceName,
  operations: readonly Operation[],
  env: Record<string, string>,
): Promise<InProcessService> {
  switch (name) {
    case 'listener':
      return startInProcess(gwListenerFor(operations), env)
    case 'worker':
      return startInProcess(kmsWorkerFor(operations), env)
    case 'sender':
      return startInProcess(txSenderFor(operations), env)
  }
}

interface Deployed {
  readonly artifact: ContractArtifact
  readonly owner: ChainSender
  readonly address: Address
  readonly block: bigint
  readonly dir: string
}

async function deploy({ rpcUrl, gateway }: World, artifact: ContractArtifact): Promise<Deployed> {
  const owner = new ChainSender({ rpcUrl, privateKey: devKey(0) })
  const data = encodeDeployData({ ...artifact, args: [gateway.gatewayConfig] })
  const { contractAddress, blockNumber } = await owner.send({ data })
  if (!contractAddress) throw new Error('the contract was not deployed')
  const address = contractAddress.toLowerCase() as Address // CAST: lower case keeps the 0x
  return { artifact, owner, address, block: blockNumber, dir: await mkdtemp(join(tmpdir(), 'kms-connector-keys-')) }
}
