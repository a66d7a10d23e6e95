import { DEAD_LETTERS } from '@kms-connector/streams'
import { waveFaults } from './measure/auditWave.ts'
import { endedRequest } from './measure/ended.ts'
import { readStream } from './measure/readStream.ts'
import { processFigures, type RunFigures, stageRates } from './measure/runFigures.ts'
import { type Sample, type SampleOptions, sampleUntil, takeSample } from './measure/sample.ts'
import type { MessageCounts } from './world/benchBroker.ts'
import type { BenchWorld } from './world/benchWorld.ts'
import { callRpc } from './world/jsonRpc.ts'
import type { Pipeline } from './world/pipeline.ts'

export interface Observed {
  readonly world: BenchWorld
  readonly pipeline: Pipeline
  readonly signal: AbortSignal
}

/** One wave of requests under observation, from before its first request until every one has an outcome. */
export class Observation {
  readonly #observed: Observed
  readonly #before: Sample['done']
  readonly #nonce: number
  readonly #messages: MessageCounts
  #messagesAfter: MessageCounts
  readonly #samples: Sample[]

  private constructor(
    observed: Observed,
    nonce: number,
    messages: MessageCounts,
    first: Sample,
    before: Sample['done'],
  ) {
    this.#observed = observed
    this.#nonce = nonce
    this.#messages = messages
    this.#messagesAfter = messages
    this.#samples = [{ ...first, done: { published: 0, answered: 0, settled: 0 } }]
    this.#before = before
  }

  /** Notes where everything stands. */
  static async begin(observed: Observed): Promise<Observation> {
    const nonce = await transactionCount(observed.world)
    const messages = await observed.pipeline.broker.counts()
    const first = await takeSample(sampling(observed))
    return new Observation(observed, nonce, messages, first, first.done)
  }

  /**
   * Waits until as many requests of the wave have an outcome.
   * @throws Error when nothing moves for a minute; the reason of the signal
   */
  async until(count: number): Promise<void> {
    this.#samples.push(...(await sampleUntil(count, { ...sampling(this.#observed), before: this.#before })))
    this.#messagesAfter = await this.#observed.pipeline.broker.counts()
  }

  /** Looks what came of every request. @param ids the requests of the wave, all of which have an outcome */
  async figures(ids: readonly string[]): Promise<RunFigures> {
    const samples = this.#samples
    const seconds = ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / 1000
    const stages = stageRates(samples, ids.length)
    const per = (after: number, before: number) => (after - before) / ids.length
    return {
      pipeline: this.#observed.pipeline.name,
      requests: ids.length,
      seconds,
      perSecond: stages.sender?.perSecond ?? ids.length / seconds,
      stages,
      processes: processFigures(samples, ids.length),
      messagesPerRequest: {
        in: per(this.#messagesAfter.in, this.#messages.in),
        out: per(this.#messagesAfter.out, this.#messages.out),
      },
      faults: await this.#faults(ids),
    }
  }

  async #faults(ids: readonly string[]): Promise<string[]> {
    const { [DEAD_LETTERS]: letters } = await this.#observed.pipeline.broker.stored([DEAD_LETTERS])
    return [...(await this.#waveFaults(ids)), ...(letters > 0 ? [`${letters} dead letters`] : [])]
  }

  async #waveFaults(ids: readonly string[]): Promise<string[]> {
    const { world, pipeline } = this.#observed
    const stream = pipeline.streams.settled
    const fromSeq = this.#before.settled + 1
    const stored = await readStream(pipeline.broker.connection, stream, { fromSeq })
    const nonces = { before: this.#nonce, after: await transactionCount(world) }
    return waveFaults(
      ids,
      stored.map(one => endedRequest(stream, one)),
      nonces,
    )
  }
}

function sampling({ world, pipeline, signal }: Observed): SampleOptions {
  const { broker, streams, processes } = pipeline
  return { streams, stored: names => broker.stored(names), processes: [...processes, ...world.surroundings], signal }
}

async function transactionCount({ chains, wallet }: BenchWorld): Promise<number> {
  return Number(await callRpc(chains.gateway.rpcUrl, 'eth_getTransactionCount', [wallet.address, 'latest']))
}
