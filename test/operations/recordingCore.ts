import type { TestContext } from 'node:test'
import { Code } from '@connectrpc/connect'
import type { RequestId } from '@kms-connector/protocol'
import {
  type ComputeFault,
  type CoreOptions,
  type CoreWork,
  type RunningCore,
  startCore,
} from '../../apps/devnet/src/core/index.ts'
import { until } from '../kms-worker/workerBench.ts'
import type { World } from '../kms-worker/world.ts'

/** A Core of a network of four, which can reshare, that tells what reached it and refuses what a test wants refused. */
export class RecordingCore {
  /** Every submit, in order, as `work id`. */
  readonly submits: string[] = []
  /** Decides about submits: the status to refuse one with. */
  refuse: (work: CoreWork, id: RequestId) => Code | undefined = () => undefined
  /** Decides about computations: what goes wrong with one. */
  spoil: (work: CoreWork, id: RequestId) => ComputeFault | undefined = () => undefined
  /** Whether to keep results to itself, as if it still computed. */
  withhold: (work: CoreWork) => boolean = () => false
  readonly #options: CoreOptions
  #running: RunningCore | undefined

  private constructor(world: World, options: Partial<CoreOptions>) {
    const faults: CoreOptions['faults'] = {
      onSubmit: (id, work) => {
        this.submits.push(`${work} ${id}`)
        return this.refuse(work, id)
      },
      onCompute: (id, work) => this.spoil(work, id),
      onPoll: (_id, work) => (this.withhold(work) ? { kind: 'refuse', code: Code.Unavailable } : undefined),
    }
    this.#options = { ...world.coreOptions, parties: 4, faults, ...options }
  }

  static async start(t: TestContext, world: World, options: Partial<CoreOptions> = {}): Promise<RecordingCore> {
    const core = new RecordingCore(world, options)
    t.after(() => core.#running?.stop())
    core.#running = await startCore(core.#options)
    return core
  }

  get url(): string {
    return this.#running?.url ?? ''
  }

  /** Forgets everything and comes back at the same address. */
  async restart(): Promise<void> {
    const { port } = new URL(this.url)
    await this.#running?.stop()
    this.#running = await startCore({ ...this.#options, port: Number(port) })
  }

  /** Waits until a request was submitted this often. */
  async submitted(work: CoreWork, id: RequestId, times = 1): Promise<void> {
    await until(`${work} ${id} submitted ${times} times`, async () => this.count(work, id) >= times)
  }

  count(work: CoreWork, id: RequestId): number {
    return this.submits.filter(submit => submit === `${work} ${id}`).length
  }
}
