import type { PipelineName } from '../benchOptions.ts'
import type { Latencies } from './journey.ts'
import { cpuSeconds, type Rate, rateOf } from './rates.ts'
import type { Sample, Stage } from './sample.ts'

/** The steps of the pipeline with the process that does them. */
export const STAGE_PROCESS = [
  ['published', 'listener'],
  ['answered', 'worker'],
  ['settled', 'sender'],
] as const satisfies readonly (readonly [Stage, string])[]

export type Part = (typeof STAGE_PROCESS)[number][1]

export interface ProcessFigures {
  readonly name: string
  /** Processor time for each request, milliseconds, over the whole wave. */
  readonly cpuMsPerRequest: number
  /** Most resident memory since the start of the process, megabytes of 1,000,000 bytes. */
  readonly peakRssMb: number
}

/** What one pipeline did with one wave. */
export interface RunFigures {
  readonly pipeline: PipelineName
  /** What is special about this run, where runs of a shape differ. */
  readonly setting?: string
  readonly requests: number
  /** From the start of the listener to the last outcome. */
  readonly seconds: number
  /** Answers a second on chain and noted, in the warm middle of the wave; of a small wave, over all of it. */
  readonly perSecond: number
  /** Of the warm middle; absent for waves that are too short. */
  readonly stages: Readonly<Partial<Record<Part, Rate>>>
  readonly processes: readonly ProcessFigures[]
  /** Messages that clients sent to the broker and received from it, for each request. */
  readonly messagesPerRequest: { readonly in: number; readonly out: number }
  /** Milliseconds from moment to moment, where they were observed. */
  readonly latencies?: Latencies
  /** What was lost or done twice. */
  readonly faults: readonly string[]
}

/** @returns rate of the stages of a saturating wave, without those of which the samples are too few to tell */
export function stageRates(samples: readonly Sample[], count: number): RunFigures['stages'] {
  return Object.fromEntries(
    STAGE_PROCESS.flatMap(([stage, part]) => {
      try {
        return [[part, rateOf(samples, stage, part, count)]]
      } catch (fault) {
        if (fault instanceof RangeError) return []
        throw fault
      }
    }),
  )
}

/** @returns what each process used from the first sample to the last */
export function processFigures(samples: readonly Sample[], count: number): ProcessFigures[] {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return []
  return [...last.use].map(([name, { peakRss }]) => ({
    name,
    cpuMsPerRequest: (1_000 * cpuSeconds(first, last, name)) / count,
    peakRssMb: peakRss / 1e6,
  }))
}
