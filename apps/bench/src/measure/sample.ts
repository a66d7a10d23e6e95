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

export interface SampleOptions {
  readonly streams: StageStreams
  readonly processes: Processes
  readonly stored: (streams: readonly string[]) => Promise<Readonly<Record<string, number>>>
  /** Messages that the streams held before the wave. */
  readonly before?: Readonly<Record<Stage, number>>
  readonly signal?: AbortSignal
  /** Milliseconds without any progress after which the wave is given up. */
  readonly patienceMs?: number
}

const EVERY_MS = 100
const PATIENCE_MS = 60_000

/**
 * Looks at streams and processes until `settled` has reached a count.
 * @throws Error when nothing moves for as long as the patience; the reason of the signal
 */
export async function sampleUntil(count: number, options: SampleOptions): Promise<Sample[]> {
  const { signal, patienceMs = PATIENCE_MS } = options
  const samples: Sample[] = []
  let moved = performance.now()
  for (;;) {
    signal?.throwIfAborted()
    const sample = await takeSample(options)
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

/** One look at streams and processes. */
export async function takeSample({ streams, stored, processes, before }: SampleOptions): Promise<Sample> {
  const held = await stored(Object.values(streams))
  const at = performance.now()
  const done = (stage: Stage) => (held[streams[stage]] ?? 0) - (before?.[stage] ?? 0)
  return {
    at,
    done: { published: done('published'), answered: done('answered'), settled: done('settled') },
    use: new Map(processes.map(({ name, pid }) => [name, useOf(pid)])),
  }
}
