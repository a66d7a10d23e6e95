import { DEAD_LETTERS, OUTCOMES } from '@kms-connector/streams'
import { waveFaults } from './measure/auditWave.ts'
import { endedRequest } from './measure/ended.ts'
import { readStream } from './measure/readStream.ts'
import { processFigures, type RunFigures, stageRates } from './measure/runFigures.ts'
import { type SampleOptions, sampleUntil, takeSample } from './measure/sample.ts'
import type { BenchWorld } from './world/benchWorld.ts'
import type { PlacedWave } from './world/bulkRequests.ts'
import { callRpc } from './world/jsonRpc.ts'
import type { Pipeline } from './world/pipeline.ts'

export interface Wave {
  readonly world: BenchWorld
  readonly pipeline: Pipeline
  readonly placed: PlacedWave
  readonly signal: AbortSignal
}

/**
 * Lets a started pipeline answer a wave that waits for it, and looks what came of every request.
 * @throws Error when the wave is not answered; the reason of the signal
 */
export async function runWave({ world, pipeline, placed, signal }: Wave): Promise<RunFigures> {
  const { broker, streams } = pipeline
  const { count, ids } = placed
  const sampling = (): SampleOptions => ({
    streams,
    stored: names => broker.stored(names),
    processes: [...pipeline.processes, ...world.surroundings],
    signal,
  })
  const before = await transactionCount(world)
  const messagesBefore = await broker.counts()
  const first = await takeSample(sampling())
  await pipeline.listen()
  const samples = [first, ...(await sampleUntil(count, sampling()))]
  const messages = await broker.counts()
  const seconds = ((samples.at(-1)?.at ?? 0) - first.at) / 1000
  const stages = stageRates(samples, count)
  const ended = (await readStream(broker.connection, streams.settled)).map(one => endedRequest(streams.settled, one))
  const dead = streams.settled === OUTCOMES ? await broker.stored([DEAD_LETTERS]) : { [DEAD_LETTERS]: 0 }
  const faults = waveFaults(ids, ended, { before, after: await transactionCount(world) })
  return {
    pipeline: streams.settled === OUTCOMES ? 'product' : 'bare',
    requests: count,
    seconds,
    perSecond: stages.sender?.perSecond ?? count / seconds,
    stages,
    processes: processFigures(samples, count),
    messagesPerRequest: {
      in: (messages.in - messagesBefore.in) / count,
      out: (messages.out - messagesBefore.out) / count,
    },
    faults: [...faults, ...((dead[DEAD_LETTERS] ?? 0) > 0 ? [`${dead[DEAD_LETTERS]} dead letters`] : [])],
  }
}

async function transactionCount({ chains, wallet }: BenchWorld): Promise<number> {
  return Number(await callRpc(chains.gateway.rpcUrl, 'eth_getTransactionCount', [wallet.address, 'latest']))
}
