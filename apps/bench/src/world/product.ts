import { join } from 'node:path'
import {
  type NatsServer,
  type Service,
  ServiceProcess,
  servicePlan,
  startNatsServer,
  Teardown,
  type Variables,
} from '@kms-connector/devnet'
import { OUTCOMES, RESPONSES } from '@kms-connector/streams'
import { connect, type JetStreamManager } from 'nats'
import type { Processes, StageStreams } from '../measure/sample.ts'
import type { BenchWorld } from './benchWorld.ts'
import type { RequestKind } from './bulkRequests.ts'

export interface ProductOptions {
  readonly listener?: Variables
  readonly worker?: Variables
  readonly sender?: Variables
  /** Flags of Node for one of the services, such as those that write a profile. */
  readonly nodeOptions?: Readonly<Partial<Record<Service, string>>>
}

type Launch = (service: Service, variables: Variables | undefined) => Promise<ServiceProcess>

interface Parts {
  readonly nats: NatsServer
  readonly worker: ServiceProcess
  readonly sender: ServiceProcess
  readonly manager: JetStreamManager
  readonly launch: Launch
  readonly options: ProductOptions
  readonly teardown: Teardown
}

/** The connector as it is shipped, on a broker of its own, each service as a process. */
export class Product {
  readonly #parts: Parts
  #listener: ServiceProcess | undefined

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Starts broker, worker and sender, and waits until they are ready. */
  static async start(world: BenchWorld, name: string, options: ProductOptions = {}): Promise<Product> {
    const teardown = new Teardown()
    try {
      const dir = join(world.dir, name)
      const nats = await startNatsServer({ storeDir: join(dir, 'nats') })
      teardown.add('NATS', () => nats.stop())
      const connection = await connect({ servers: nats.url })
      teardown.add('the connection to NATS', () => connection.close())
      const launch: Launch = async (service, variables = {}) => {
        const { chains, contracts, wallet } = world
        const surroundings = {
          chains,
          contracts,
          natsUrl: nats.url,
          coreUrl: world.cores.map(({ url }) => url).join(','),
          wallet,
        }
        const plan = servicePlan(
          service,
          service,
          surroundings,
          { listener: variables, worker: variables, sender: variables },
          dir,
        )
        const nodeOptions = options.nodeOptions?.[service]
        const process = await ServiceProcess.spawn(
          nodeOptions ? { ...plan, env: { ...plan.env, NODE_OPTIONS: nodeOptions } } : plan,
        )
        teardown.add(service, () => process.stop())
        return process
      }
      const [worker, sender] = await Promise.all([
        launch('kms-worker', options.worker),
        launch('tx-sender', options.sender),
      ])
      await Promise.all([worker.ready(), sender.ready()])
      const manager = await connection.jetstreamManager()
      return new Product({ nats, worker, sender, manager, launch, options, teardown })
    } catch (fault) {
      await teardown.run()
      throw fault
    }
  }

  /** Starts the listener, which reads from the given block on. Does not wait until it is ready. */
  async listen(fromBlock: number): Promise<void> {
    const { launch, options } = this.#parts
    const block = String(fromBlock)
    const from = { DECRYPTION_FROM_BLOCK_NUMBER: block, KMS_OPERATION_FROM_BLOCK_NUMBER: block }
    this.#listener = await launch('gw-listener', { DECRYPTION_POLLING: '100ms', ...from, ...options.listener })
  }

  get manager(): JetStreamManager {
    return this.#parts.manager
  }

  /** Names are those of the stages in tables. */
  get processes(): Processes {
    const { worker, sender, nats } = this.#parts
    const listener = this.#listener
    return [
      ...(listener ? [{ name: 'listener', pid: listener.pid }] : []),
      { name: 'worker', pid: worker.pid },
      { name: 'sender', pid: sender.pid },
      { name: 'nats', pid: nats.pid },
    ]
  }

  stop(): Promise<void> {
    return this.#parts.teardown.run()
  }
}

/** Where the progress of the connector shows. */
export function productStreams(kind: RequestKind): StageStreams {
  return {
    published: kind === 'public' ? 'PUBLIC_DECRYPTION' : 'USER_DECRYPTION',
    answered: RESPONSES,
    settled: OUTCOMES,
  }
}
