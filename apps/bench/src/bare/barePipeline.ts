import { join } from 'node:path'
import { COPROCESSORS, nodeSigner, ServiceProcess, Teardown } from '@kms-connector/devnet'
import { AckPolicy, DiscardPolicy, nanos, StorageType } from 'nats'
import type { Processes, StageStreams } from '../measure/sample.ts'
import type { BenchAwsKms } from '../world/awsKms.ts'
import { type BenchBroker, startBenchBroker } from '../world/benchBroker.ts'
import type { BenchWorld } from '../world/benchWorld.ts'
import type { PlacedWave } from '../world/bulkRequests.ts'
import type { Pipeline } from '../world/pipeline.ts'
import { profileFlags } from '../world/profileFlags.ts'
import { announcedUrl, programOf } from '../world/programs.ts'
import {
  BARE_OUTCOMES,
  BARE_REQUESTS,
  BARE_RESPONSES,
  BARE_SLOTS,
  type BareConfig,
  bareEnvironment,
} from './bareConfig.ts'

export const BARE_STREAMS: StageStreams = { published: BARE_REQUESTS, answered: BARE_RESPONSES, settled: BARE_OUTCOMES }

const WINDOW = 256
const CONCURRENCY = 64
const DUPLICATE_WINDOW_MS = 120_000
const ACK_WAIT_MS = 60_000

export interface BareOptions {
  /** Without libraries where twenty lines do the same; otherwise with those that the connector has. */
  readonly lean: boolean
  readonly profile?: string | undefined
  readonly awsKms?: BenchAwsKms | undefined
}

type Part = 'listener' | 'worker' | 'sender'
type Launch = (part: Part) => Promise<ServiceProcess>

/** The bare pipeline on a broker of its own: the bound that the connector is held against. */
export class BarePipeline implements Pipeline {
  readonly name: 'bare' | 'lean'
  readonly broker: BenchBroker
  readonly streams = BARE_STREAMS
  readonly #teardown: Teardown
  readonly #launch: Launch
  readonly #processes: { name: string; pid: number }[]

  private constructor(
    name: 'bare' | 'lean',
    broker: BenchBroker,
    teardown: Teardown,
    launch: Launch,
    processes: { name: string; pid: number }[],
  ) {
    this.name = name
    this.broker = broker
    this.#teardown = teardown
    this.#launch = launch
    this.#processes = processes
  }

  /** Starts broker, worker and sender for one wave of requests. */
  static async start(world: BenchWorld, name: string, wave: PlacedWave, options: BareOptions): Promise<BarePipeline> {
    const teardown = new Teardown()
    try {
      const dir = join(world.dir, name)
      const broker = await startBenchBroker(join(dir, 'nats'), teardown)
      await provisionBare(broker)
      const env = bareEnvironment({
        ...configOf(world, wave, broker.url),
        lean: options.lean,
        awsKms: options.awsKms && keyOf(options.awsKms),
      })
      const processes = [{ name: 'nats', pid: broker.pid }]
      const launch: Launch = async part => {
        const logFile = join(dir, `${part}.log`)
        const process = await ServiceProcess.spawn({
          name: `bare-${part}`,
          entry: programOf(`bare/${part}`),
          args: [],
          env: {
            ...env,
            ...options.awsKms?.environment,
            ...profileFlags(options, `${options.lean ? 'lean' : 'bare'}-${part}`),
          },
          logFile,
          urlOf: announcedUrl,
        })
        teardown.add(part, () => process.stop())
        processes.push({ name: part, pid: process.pid })
        return process
      }
      const pipeline = new BarePipeline(options.lean ? 'lean' : 'bare', broker, teardown, launch, processes)
      const parts = await Promise.all([launch('worker'), launch('sender')])
      await Promise.all(parts.map(part => part.ready()))
      return pipeline
    } catch (fault) {
      await teardown.run()
      throw fault
    }
  }

  async listen(): Promise<void> {
    await this.#launch('listener')
  }

  get processes(): Processes {
    return this.#processes
  }

  stop(): Promise<void> {
    return this.#teardown.run()
  }
}

function keyOf({ url, keyId, region }: BenchAwsKms) {
  return { url, keyId, region }
}

function configOf(
  { chains, contracts, cores, s3, wallet }: BenchWorld,
  { kind, count, fromBlock, toBlock }: PlacedWave,
  natsUrl: string,
): Omit<BareConfig, 'lean'> {
  const { gateway } = chains
  return {
    kind,
    count,
    fromBlock,
    toBlock,
    natsUrl,
    rpcUrl: gateway.rpcUrl,
    chainId: gateway.chainId,
    decryption: contracts.gateway.decryption,
    coreUrl: cores[0]?.url ?? '',
    s3Bucket: `${s3.url}/${COPROCESSORS[0]?.bucket}`,
    signer: nodeSigner(0).address,
    privateKey: wallet.privateKey,
    window: WINDOW,
    concurrency: CONCURRENCY,
  }
}

/** Creates the same kind of streams as the connector has. */
export async function provisionBare({ connection }: BenchBroker): Promise<void> {
  await connection.jetstream().views.kv(BARE_SLOTS, { storage: StorageType.File })
  const manager = await connection.jetstreamManager()
  const shared = {
    storage: StorageType.File,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  }
  await manager.streams.add({ ...shared, name: BARE_REQUESTS, subjects: ['bare.request.>'] })
  await manager.streams.add({ ...shared, name: BARE_RESPONSES, subjects: ['bare.response.>'] })
  await manager.streams.add({ ...shared, name: BARE_OUTCOMES, subjects: ['bare.outcome.>'] })
  await manager.consumers.add(BARE_REQUESTS, {
    durable_name: 'worker',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 1024,
  })
}
