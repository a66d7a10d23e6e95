import { percentile } from './median.ts'

/** The moments of one request, milliseconds since the epoch, in their order. */
export const MOMENTS = ['block', 'published', 'answered', 'submitted', 'mined', 'stored'] as const
export type Moment = (typeof MOMENTS)[number]

export type Journey = Readonly<Record<Moment, number>>

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Spans that are told besides those from one moment to the next. */
const LONG_SPANS = [
  ['block', 'submitted'],
  ['block', 'mined'],
  ['block', 'stored'],
] as const satisfies readonly (readonly [Moment, Moment])[]

/** From one moment to another; `block → mined` for example. */
export type Latencies = Readonly<Record<string, Percentiles>>

export const spanName = (from: Moment, to: Moment): string => `${from} → ${to}`

/** Summarises how long requests took from moment to moment, in milliseconds. Pure. @returns nothing for no requests */
export function latenciesOf(journeys: readonly Journey[]): Latencies {
  if (journeys.length === 0) return {}
  const steps = MOMENTS.slice(1).map((to, i) => [MOMENTS[i] ?? 'block', to] as const)
  return Object.fromEntries(
    [...steps, ...LONG_SPANS].map(([from, to]) => [spanName(from, to), spanOf(journeys, from, to)]),
  )
}

function spanOf(journeys: readonly Journey[], from: Moment, to: Moment): Percentiles {
  const sorted = journeys.map(journey => journey[to] - journey[from]).sort((a, b) => a - b)
  return {
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  }
}
