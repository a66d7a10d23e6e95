import { IN_FLIGHT_CEILING_MB } from '../shapes/inFlight.ts'
import type { ShapeReport } from '../shapes/shape.ts'
import type { ShapeName } from '../shapes/shapeNames.ts'

/** A promise about one figure of one shape. */
export interface Target {
  readonly shape: ShapeName
  /** Name of the figure in the report of the shape. */
  readonly figure: string
  readonly what: string
  readonly unit: string
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Verdict extends Target {
  readonly achieved: number
  readonly met: boolean
}

/** Two waves of the same kind differ by as much on a machine that is shared. */
const NOISE = 0.1
const RATIO_PUBLIC = 0.7
const RATIO_USER = 0.6
const PEAK_RSS_MB = { listener: 220, worker: 350, sender: 220 } as const
const STEADY: readonly ShapeName[] = ['sustained-public-5k', 'sustained-public-50k', 'sustained-user-5k']

const perCpu = (shape: ShapeName, part: string, what: string, atLeast: number): Target => ({
  shape,
  figure: `product.${part}.perCpuSecond`,
  what,
  unit: '/CPU-s',
  atLeast,
})

const ratio = (shape: ShapeName, what: string, atLeast: number): Target => ({
  shape,
  figure: 'ratio',
  what: `${what}, end to end ÷ bare pipeline`,
  unit: '',
  atLeast,
})

const submitted = (figure: string, what: string, atMost: number): Target => ({
  shape: 'idle',
  figure,
  what: `idle, block to submitted transaction, ${what}`,
  unit: 'ms',
  atMost,
})

export const TARGETS: readonly Target[] = [
  submitted('polling.beyond.p50', 'p50 beyond half the poll interval', 60),
  submitted('polling.beyond.p99', 'p99 beyond the poll interval', 200),
  submitted('doorbell.submitted.p50', 'p50 with the doorbell', 60),
  submitted('doorbell.submitted.p99', 'p99 with the doorbell', 200),
  {
    shape: 'burst-1000',
    figure: 'mined.p99',
    what: 'burst of 1000, block to mined answer, p99',
    unit: 'ms',
    atMost: 4_000,
  },
  ratio('sustained-public-5k', 'public decryptions of 5 KB', RATIO_PUBLIC),
  ratio('sustained-public-50k', 'public decryptions of 50 KB', RATIO_PUBLIC),
  ratio('sustained-user-5k', 'user decryptions of 5 KB', RATIO_USER),
  perCpu('sustained-public-5k', 'worker', 'worker, requests of 5 KB', 700),
  perCpu('sustained-public-50k', 'worker', 'worker, requests of 50 KB', 480),
  perCpu('sustained-public-5k', 'sender', 'sender, transactions', 1_700),
  perCpu('sustained-public-5k', 'listener', 'listener, events', 4_500),
  ...STEADY.flatMap(shape =>
    (['listener', 'worker', 'sender'] as const).map(part => ({
      shape,
      figure: `product.${part}.peakRssMb`,
      what: `${part}, peak memory in ${shape}`,
      unit: 'MB',
      atMost: PEAK_RSS_MB[part],
    })),
  ),
  {
    shape: 'catch-up',
    figure: 'published.ratio',
    what: 'catch-up ÷ the rate of requests that are published already',
    unit: '',
    atLeast: 1 - NOISE,
  },
  {
    shape: 'known-ids',
    figure: 'ratio',
    what: 'rate with known ids ÷ rate with none',
    unit: '',
    atLeast: 0.9,
  },
  {
    shape: 'in-flight-1m',
    figure: 'worker.peakRssMb',
    what: 'worker, peak memory with 1 MB ciphertexts in flight',
    unit: 'MB',
    atMost: IN_FLIGHT_CEILING_MB,
  },
]

/** Judges what was measured: pure. A target whose shape did not run, or not with both pipelines, has no verdict. */
export function verdictsOf(reports: readonly ShapeReport[], targets: readonly Target[] = TARGETS): Verdict[] {
  return targets.flatMap(target => {
    const achieved = reports.find(({ name }) => name === target.shape)?.figures[target.figure]
    if (achieved === undefined) return []
    // Written so that a figure that is no number is not met.
    const met = achieved >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && achieved <= (target.atMost ?? Infinity)
    return [{ ...target, achieved, met }]
  })
}
