import type { ScalingOptions } from './scalingOptions.ts'

/** A backlog that is released at once while so many replicas wait for it. */
export interface Wave {
  readonly what: string
  readonly replicas: number
  /** Requests of the whole wave. */
  readonly requests: number
  /** Answers after which the measurement begins and ends; a backlog is left at its end. */
  readonly from: number
  readonly to: number
  /** Two replicas are killed and one is stopped under load, and three are started in their place. */
  readonly churn: boolean
}

/** Seconds of full speed that go by before a measurement, and that are left after it. */
const MARGIN_S = 1
const CHURN_S = 6

/** Replicas whose rates are compared, the first with all others. */
export const SIZES = [1, 2, 4] as const

/** What full speed is when nothing but the Core limits, in requests a second. */
export function ceilingOf({ inFlight, delayMs }: ScalingOptions, replicas: number): number {
  return (replicas * inFlight * 1000) / delayMs
}

/** Decides what is released when. Pure. */
export function wavesOf(options: ScalingOptions, sizes: readonly number[] = SIZES): Wave[] {
  const count = (replicas: number, s: number) => Math.ceil(ceilingOf(options, replicas) * s)
  const measured = (what: string, replicas: number): Wave => ({
    what,
    replicas,
    requests: count(replicas, options.seconds + 2 * MARGIN_S),
    from: count(replicas, MARGIN_S),
    to: count(replicas, options.seconds + MARGIN_S),
    churn: false,
  })
  const most = Math.max(...sizes)
  const churned = count(most, CHURN_S)
  return [
    ...sizes.map(size => measured(size === 1 ? '1 replica' : `${size} replicas`, size)),
    { what: 'killed and replaced', replicas: most, requests: churned, from: 0, to: churned, churn: true },
    measured('after that', most),
  ]
}
