import { join } from 'node:path'
import { type Service, ServiceProcess, servicePlan, Teardown, type Variables } from '@kms-connector/devnet'
import { OUTCOMES, RESPONSES, requestStream } from '@kms-connector/streams'
import type { Part } from '../measure/runFigures.ts'
import type { Processes, StageStreams } from '../measure/sample.ts'
import type { BenchAwsKms } from './awsKms.ts'
import { type BenchBroker, startBenchBroker } from './benchBroker.ts'
import type { BenchWorld } from './benchWorld.ts'
import type { PlacedWave, RequestKind } from './bulkRequests.ts'
import type { Pipeline } from './pipeline.ts'
import { profileFlags } from './profileFlags.ts'

export interface ProductOptions {
  readonly listener?: Variables
  readonly worker?: Variables
  readonly sender?: Variables
  /** URLs in place of those of the world, such as those of proxies. */
  readonly urls?: { readonly gateway?: string; readonly host?: string; readonly core?: string }
  /** Told of the broker before any service is started. */
  readonly prepare?: (broker: BenchBroker) => Promise<void>
  /** So many requests are published before anybody works on them, and the listener is idle then. */
  readonly publishedBefore?: number | undefined
  /** Signs the transactions instead of the private key. */
  readonly awsKms?: BenchAwsKms | undefined
  /** Folder for CPU profiles of the services. */
  readonly profile?: string | undefined
}

const SERVICES: Readonly<Record<Part, Service>> = {
  listener: 'gw-listener',
  worker: 'kms-worker',
  sender: 'tx-sender',
}
const PUBLISH_DEADLINE_MS = 300_000
const LOOK_MS = 50
/** Settings of the devnet that are no addresses: the defaults of the services are measured, as the chart ships them. */
const NOT_OURS = ['DECRYPTION_POLLING', 'KEY_MANAGEMENT_POLLING', 'SHUTDOWN_TIMEOUT'].map(
  name => `KMS_CONNECTOR_${name}`,
)

/** The connector as it is shipped, on a broker of its own, each service as a process. */
export class Product implements Pipeline {
  readonly name = 'product'
  readonly broker: BenchBroker
  readonly streams: StageStreams
  readonly #launch: (part: Part, variables?: Variables) => Promise<ServiceProcess>
  readonly #fromBlock: string
  readonly #publishedBefore: number | undefined
  readonly #parts = new Map<Part, ServiceProcess>()
  readonly #startUpMs = new Map<Part, number>()
  readonly #teardown: Teardown

  private constructor(
    world: BenchWorld,
    dir: string,
    { kind, fromBlock }: Pick<PlacedWave, 'kind' | 'fromBlock'>,
    options: ProductOptions,
    broker: BenchBroker,
    teardown: Teardown,
  ) {
    this.broker = broker
    this.streams = productStreams(kind)
    this.#fromBlock = String(fromBlock)
    this.#publishedBefore = options.publishedBefore
    this.#teardown = teardown
    this.#launch = async (part, variables = {}) => {
      const service = SERVICES[part]
      const plan = planOf(world, service, broker.url, { ...options, [part]: { ...variables, ...options[part] } }, dir)
      const env = { ...plan.env, ...walletVariables(service, options), ...profileFlags(options, service) }
      const spawned = performance.now()
      const process = await ServiceProcess.spawn({ ...plan, env })
      this.#parts.set(part, process)
      teardown.add(service, () => process.stop())
      const ready = process.ready().then(() => this.#startUpMs.set(part, performance.now() - spawned))
      // Whoever waits for the process hears of it as well.
      ready.catch(() => {})
      return process
    }
  }

  /** Starts broker and services for the requests from a block on, all but the one that {@link listen} starts. */
  static async start(
    world: BenchWorld,
    name: string,
    wave: Pick<PlacedWave, 'kind' | 'fromBlock'>,
    options: ProductOptions = {},
  ): Promise<Product> {
    const teardown = new Teardown()
    try {
      const dir = join(world.dir, name)
      const broker = await startBenchBroker(join(dir, 'nats'), teardown)
      await options.prepare?.(broker)
      const product = new Product(world, dir, wave, options, broker, teardown)
      const first = product.#publishedBefore === undefined ? product.#launch('worker') : product.#launchListener()
      const parts = await Promise.all([first, product.#launch('sender')])
      await Promise.all(parts.map(part => part.ready()))
      await product.#untilPublished()
      return product
    } catch (fault) {
      await teardown.run()
      throw fault
    }
  }

  async listen(): Promise<void> {
    await (this.#publishedBefore === undefined ? this.#launchListener() : this.#launch('worker'))
  }

  #launchListener(): Promise<ServiceProcess> {
    const block = this.#fromBlock
    return this.#launch('listener', { DECRYPTION_FROM_BLOCK_NUMBER: block, KMS_OPERATION_FROM_BLOCK_NUMBER: block })
  }

  async #untilPublished(): Promise<void> {
    const { published } = this.streams
    const deadline = performance.now() + PUBLISH_DEADLINE_MS
    while (((await this.broker.stored([published]))[published] ?? 0) < (this.#publishedBefore ?? 0)) {
      if (performance.now() > deadline) throw new Error(`${published} did not get ${this.#publishedBefore} requests`)
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }

  /** @returns a service once it is ready, whose `url` is that of its monitoring pages */
  ready(part: Part): Promise<ServiceProcess> {
    const process = this.#parts.get(part)
    if (!process) throw new RangeError(`${part} was not started`)
    return process.ready()
  }

  /** Milliseconds from the start of each process until it was ready. */
  get startUpMs(): ReadonlyMap<Part, number> {
    return this.#startUpMs
  }

  get processes(): Processes {
    return [...[...this.#parts].map(([name, { pid }]) => ({ name, pid })), { name: 'nats', pid: this.broker.pid }]
  }

  stop(): Promise<void> {
    return this.#teardown.run()
  }
}

function planOf(world: BenchWorld, service: Service, natsUrl: string, options: ProductOptions, dir: string) {
  const { contracts, wallet } = world
  const { gateway, host } = world.chains
  const chains = {
    gateway: { ...gateway, rpcUrl: options.urls?.gateway ?? gateway.rpcUrl },
    host: { ...host, rpcUrl: options.urls?.host ?? host.rpcUrl },
  }
  const coreUrl = options.urls?.core ?? world.cores.map(({ url }) => url).join(',')
  const plan = servicePlan(service, service, { chains, contracts, natsUrl, coreUrl, wallet }, options, dir)
  const dropped = options.awsKms === undefined ? NOT_OURS : [...NOT_OURS, 'KMS_CONNECTOR_PRIVATE_KEY']
  const chosen = Object.keys(options[partOf(service)] ?? {}).map(name => `KMS_CONNECTOR_${name}`)
  const ours = ([name]: [string, string]) => !dropped.includes(name) || chosen.includes(name)
  return { ...plan, env: Object.fromEntries(Object.entries(plan.env).filter(ours)) }
}

function walletVariables(service: Service, { awsKms }: ProductOptions): Readonly<Record<string, string>> {
  if (service !== 'tx-sender' || !awsKms) return {}
  return {
    ...awsKms.environment,
    KMS_CONNECTOR_AWS_KMS_CONFIG__KEY_ID: awsKms.keyId,
    KMS_CONNECTOR_AWS_KMS_CONFIG__REGION: awsKms.region,
    KMS_CONNECTOR_AWS_KMS_CONFIG__ENDPOINT: awsKms.url,
  }
}

function partOf(service: Service): Part {
  if (service === 'gw-listener') return 'listener'
  return service === 'kms-worker' ? 'worker' : 'sender'
}

/** Where the progress of the connector shows. */
export function productStreams(kind: RequestKind): StageStreams {
  return { published: requestStream({ name: `${kind}-decryption` }), answered: RESPONSES, settled: OUTCOMES }
}
