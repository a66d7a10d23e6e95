import type { JetStreamManager } from 'nats'
import { type ProcessUse, useOf } from './processUse.ts'

/** The steps of the pipeline whose progress a stream shows. */
export const STAGES = ['published', 'answered', 'settled'] as const
export type Stage = (typeof STAGES)[number]

export interface Sample {
  /** Milliseconds of a clock that never goes back. */
  readonly at: number
  readonly done: Readonly<Record<Stage, number>>
  readonly use: ReadonlyMap<string, ProcessUse>
}

export type StageStreams = Readonly<Record<Stage, string>>
export type Processes = readonly { readonly name: string; readonly pid: number }[]

const EVERY_MS = 50

/**
 * Looks at streams and processes until `settled` has reached a count.
 * @throws Error when nothing moves for as long as the patience, in milliseconds
 */
export async function sampleUntil(
  manager: JetStreamManager,
  streams: StageStreams,
  processes: Processes,
  count: number,
  patienceMs = 60_000,
): Promise<Sample[]> {
  const samples: Sample[] = []
  let moved = performance.now()
  for (;;) {
    const sample = await takeSample(manager, streams, processes)
    const last = samples.at(-1)
    if (!last || STAGES.some(stage => sample.done[stage] > last.done[stage])) moved = sample.at
    samples.push(sample)
    if (sample.done.settled >= count) return samples
    if (sample.at - moved > patienceMs) {
      throw new Error(`nothing moved for ${patienceMs} ms at ${JSON.stringify(sample.done)} of ${count}`)
    }
    await new Promise(resolve => setTimeout(resolve, EVERY_MS))
  }
}

async function takeSample(manager: JetStreamManager, streams: StageStreams, processes: Processes): Promise<Sample> {
  const [published, answered, settled] = await Promise.all(
    STAGES.map(async stage => (await manager.streams.info(streams[stage])).state.messages),
  )
  const use = new Map(processes.map(({ name, pid }) => [name, useOf(pid)]))
  return {
    at: performance.now(),
    done: { published: published ?? 0, answered: answered ?? 0, settled: settled ?? 0 },
    use,
  }
}
