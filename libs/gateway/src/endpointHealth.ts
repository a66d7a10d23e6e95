/**
 * What is remembered about one endpoint and what follows from it. Pure: times are milliseconds of any one clock.
 */
export interface EndpointHealth {
  /** Whether it serves the chain of the settings. Until that is known it is not used. */
  readonly chain: 'unknown' | 'right' | 'wrong'
  /** Chain id it answered with when that was wrong. */
  readonly wrongChain: bigint | undefined
  /** Share of calls that were answered, 0 to 1; every call counts a little more than the one before. */
  readonly stability: number
  /** Sliding duration of answered calls; undefined before the first. */
  readonly latencyMs: number | undefined
  readonly failuresInARow: number
  readonly pause: Pause | undefined
  /** How often in a row it was paused because of its limits or its contradictions; forgotten after a calm time. */
  readonly strikes: number
  /** End of the last such pause. */
  readonly struckUntil: number | undefined
  readonly head: { readonly block: number; readonly at: number } | undefined
  readonly syncing: boolean
}

export interface Pause {
  readonly why: 'failing' | 'rate-limited' | 'contradicting'
  readonly until: number
  readonly ms: number
}

export const NEW_ENDPOINT: EndpointHealth = {
  chain: 'unknown',
  wrongChain: undefined,
  stability: 1,
  latencyMs: undefined,
  failuresInARow: 0,
  pause: undefined,
  strikes: 0,
  struckUntil: undefined,
  head: undefined,
  syncing: false,
}

/** Weight of the newest call in the sliding figures: about the last twenty calls count. */
const NEWEST = 0.1
const FAILURES_BEFORE_PAUSE = 3
const FIRST_PAUSE_MS = 1_000
const LONGEST_FAILURE_PAUSE_MS = 60_000
const LONGEST_STRIKE_PAUSE_MS = 300_000
/** After this long without another strike the next one counts as the first. */
const CALM_MS = 300_000
/** A head that was seen longer ago says nothing about lag. */
const HEAD_VALID_MS = 60_000

export function answered(health: EndpointHealth, ms: number): EndpointHealth {
  const { latencyMs, stability, pause } = health
  return {
    ...health,
    stability: slide(stability, 1),
    latencyMs: latencyMs === undefined ? ms : slide(latencyMs, ms),
    failuresInARow: 0,
    // An answer ends a pause for silence; limits and lies are served in full.
    pause: pause?.why === 'failing' ? undefined : pause,
  }
}

/** A call without an answer. After a few in a row the endpoint is left alone, each time for longer. */
export function failed(health: EndpointHealth, now: number): EndpointHealth {
  // Calls that were under way when the pause began say nothing new.
  if (isPaused(health, now)) return health
  const failuresInARow = health.failuresInARow + 1
  const next = { ...health, failuresInARow, stability: slide(health.stability, 0) }
  if (failuresInARow < FAILURES_BEFORE_PAUSE) return next
  const ms = Math.min(FIRST_PAUSE_MS * 2 ** (failuresInARow - FAILURES_BEFORE_PAUSE), LONGEST_FAILURE_PAUSE_MS)
  return { ...next, pause: { why: 'failing', until: now + ms, ms } }
}

/** Its answers were of no use although it answers: somebody else is asked for a moment. */
export function useless(health: EndpointHealth, now: number): EndpointHealth {
  if (isPaused(health, now)) return health
  const pause: Pause = { why: 'failing', until: now + FIRST_PAUSE_MS, ms: FIRST_PAUSE_MS }
  return { ...health, stability: slide(health.stability, 0), pause }
}

/** @param askedMs what the endpoint itself asked for, where it did */
export function rateLimited(health: EndpointHealth, now: number, askedMs?: number): EndpointHealth {
  return strike(health, 'rate-limited', now, askedMs ?? 0)
}

/** It contradicted itself or its peers: what it said about its head is forgotten, too. */
export function contradicted(health: EndpointHealth, now: number): EndpointHealth {
  return { ...strike(health, 'contradicting', now, 0), head: undefined, stability: slide(health.stability, 0) }
}

function strike(health: EndpointHealth, why: Pause['why'], now: number, leastMs: number): EndpointHealth {
  const { pause, strikes, struckUntil } = health
  // Calls that were under way when the first of them was refused are refused, too.
  if (pause?.why === why && now < pause.until) return health
  const before = struckUntil === undefined || now - struckUntil > CALM_MS ? 0 : strikes
  const ms = Math.max(leastMs, Math.min(FIRST_PAUSE_MS * 2 ** before, LONGEST_STRIKE_PAUSE_MS))
  return { ...health, strikes: before + 1, struckUntil: now + ms, pause: { why, until: now + ms, ms } }
}

/** What a probe learned. */
export function probed(
  health: EndpointHealth,
  { chain, block, syncing }: { readonly chain: bigint; readonly block: number; readonly syncing: boolean },
  wanted: bigint,
  now: number,
): EndpointHealth {
  if (chain !== wanted) return { ...health, chain: 'wrong', wrongChain: chain }
  return { ...health, chain: 'right', wrongChain: undefined, head: { block, at: now }, syncing }
}

export function isPaused({ pause }: EndpointHealth, now: number): boolean {
  return pause !== undefined && now < pause.until
}

/**
 * The head that endpoints are measured by: the highest of two, the second highest of more, so that one that lies about
 * its head does not make all others look late.
 */
export function referenceHead(all: readonly EndpointHealth[], now: number): number | undefined {
  const heads = all
    .filter(health => health.chain === 'right' && !health.syncing && !isPaused(health, now))
    .flatMap(({ head }) => (head && now - head.at <= HEAD_VALID_MS ? [head.block] : []))
    .sort((a, b) => b - a)
  return heads.length > 2 ? heads[1] : heads[0]
}

/** Blocks an endpoint is behind the reference; 0 when nothing is known. */
export function lagOf({ head }: EndpointHealth, reference: number | undefined): number {
  return head === undefined || reference === undefined ? 0 : Math.max(0, reference - head.block)
}

function slide(before: number, newest: number): number {
  return before + (newest - before) * NEWEST
}
