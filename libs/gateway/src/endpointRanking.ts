import { type EndpointHealth, isPaused, lagOf, referenceHead } from './endpointHealth.ts'

export interface RankingLimits {
  /** Blocks behind its peers at which an endpoint is not used any more. */
  readonly maxLag: number
}

export type Standing =
  | { readonly kind: 'usable'; readonly score: number; readonly lag: number }
  /** Would answer, perhaps, but is left alone; asked only when nobody else can be. */
  | { readonly kind: 'resting'; readonly why: string; readonly until: number }
  | { readonly kind: 'refused'; readonly why: string }

/** Stability counts for more than speed: a wrong or missing answer costs more than a slow one. */
const STABILITY_WEIGHT = 0.7
const LATENCY_WEIGHT = 0.3
const LAG_WEIGHT = 0.3
/** Milliseconds of latency that make no difference between endpoints. */
const LATENCY_GRAIN_MS = 200
/** The order of the settings is a preference that a real difference outweighs. */
const PLACE_WEIGHT = 0.05
/** The endpoint in use is kept until another one is better by this much. */
const LOYALTY = 0.03

/** How each endpoint stands, in the order of the settings. */
export function standings(all: readonly EndpointHealth[], limits: RankingLimits, now: number): readonly Standing[] {
  const reference = referenceHead(all, now)
  const latencies = all.flatMap(({ latencyMs, chain }) => (chain === 'right' && latencyMs ? [latencyMs] : []))
  const fastest = Math.min(...latencies)
  return all.map((health, place) => standingOf(health, place, { reference, fastest, limits, now }))
}

interface Peers {
  readonly reference: number | undefined
  readonly fastest: number
  readonly limits: RankingLimits
  readonly now: number
}

function standingOf(health: EndpointHealth, place: number, { reference, fastest, limits, now }: Peers): Standing {
  const { chain, wrongChain, syncing, pause, stability, latencyMs } = health
  if (chain === 'unknown') return { kind: 'refused', why: 'has not told its chain id yet' }
  if (chain === 'wrong') return { kind: 'refused', why: `serves chain ${wrongChain}` }
  if (syncing) return { kind: 'refused', why: 'is syncing' }
  if (pause && isPaused(health, now)) {
    const why = `is ${pause.why}, paused for ${pause.ms} ms`
    return pause.why === 'rate-limited' ? { kind: 'refused', why } : { kind: 'resting', why, until: pause.until }
  }
  const lag = lagOf(health, reference)
  if (lag > limits.maxLag) return { kind: 'refused', why: `is ${lag} blocks behind its peers` }
  const speed = latencyMs ? (fastest + LATENCY_GRAIN_MS) / (latencyMs + LATENCY_GRAIN_MS) : 1
  const late = LAG_WEIGHT * Math.min(1, lag / Math.max(1, limits.maxLag))
  const score = STABILITY_WEIGHT * stability + LATENCY_WEIGHT * speed - late - PLACE_WEIGHT * Math.min(place, 4)
  return { kind: 'usable', score, lag }
}

/**
 * Places of the endpoints worth asking, best first. Where none is usable, the resting ones, the first to wake up first:
 * somebody must be asked. A refused one never is.
 * @param current place of the endpoint in use, which is kept while no other is clearly better
 */
export function ranked(all: readonly Standing[], current: number | undefined): readonly number[] {
  const usable = all.flatMap((standing, place) =>
    standing.kind === 'usable' ? [{ place, score: standing.score + (place === current ? LOYALTY : 0) }] : [],
  )
  if (usable.length > 0) return usable.sort((a, b) => b.score - a.score).map(({ place }) => place)
  const resting = all.flatMap((standing, place) =>
    standing.kind === 'resting' ? [{ place, until: standing.until }] : [],
  )
  return resting.sort((a, b) => a.until - b.until).map(({ place }) => place)
}
