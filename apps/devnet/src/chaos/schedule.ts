import { between, oneOf, type Random, seededRandom } from '../faults/index.ts'
import { type FaultName, faultsOf, LINKS, type Link } from './faultCatalogue.ts'

/** Processes that die. */
export const VICTIMS = [
  'gw-listener-1',
  'gw-listener-2',
  'kms-worker-1',
  'kms-worker-2',
  'kms-worker-3',
  'tx-sender-1',
  'tx-sender-2',
  'kms-core',
  'nats-server',
] as const

export type Victim = (typeof VICTIMS)[number]

export type ChaosAct =
  | { readonly kind: 'kill'; readonly victim: Victim; readonly signal: 'SIGKILL' | 'SIGTERM' }
  /** SIGKILL of everything at once. */
  | { readonly kind: 'blackout' }
  /** SIGSTOP, and SIGCONT after this many milliseconds. */
  | { readonly kind: 'freeze'; readonly victim: Victim; readonly forMs: number }
  /** @param strength share of the calls that it hits, or how bad it is, 0 to 1 */
  | {
      readonly kind: 'fault'
      readonly link: Link
      readonly fault: FaultName
      readonly forMs: number
      readonly strength: number
    }
  /**
   * The last blocks are replaced. Requests are mined again in the same order: all in the first or the last of the new blocks, or
   * two blocks later. Transactions of the wallet are lost, or mined again likewise.
   */
  | {
      readonly kind: 'reorg'
      readonly depth: number
      readonly into: 'first' | 'last' | 'later'
      readonly answers: 'lost' | 'kept'
    }
  | { readonly kind: 'place'; readonly count: number }

export type ChaosEvent = ChaosAct & {
  /** Milliseconds after the start; an event never overtakes an earlier one. */
  readonly at: number
}

export interface Schedule {
  readonly seed: number
  /** JSON-RPC endpoints that each service has. */
  readonly endpoints: 1 | 2
  readonly events: readonly ChaosEvent[]
  /** When the last fault is over, milliseconds after the start. */
  readonly endsAt: number
}

export interface ScheduleScope {
  readonly requests: number
  readonly kills: number
}

const KILL_EVERY_MS = 1_800
const LEAST_MS = 6_000
const BURST = 25
const REQUESTS_A_BURST_MS = 700
const FREEZE_MS = [500, 6_000] as const
const FAULT_MS = [300, 4_000] as const
const FAULTS_A_KILL = 2.5
const KILLS_A_REORG = 4
const KILLS_A_BLACKOUT = 25
/** Deeper than this a sender that waits for {@link CONFIRMATIONS} blocks would be right to be surprised. */
export const DEEPEST_REORG = 3
export const CONFIRMATIONS = 5

/**
 * Draws what happens, in which order and when, from the seed alone: the same seed and scope give the same schedule on
 * every machine. What comes of it also depends on the clock.
 */
export function scheduleOf(seed: number, { requests, kills }: ScheduleScope): Schedule {
  const random = seededRandom(seed)
  const spanMs = Math.max(LEAST_MS, kills * KILL_EVERY_MS, Math.ceil(requests / BURST) * REQUESTS_A_BURST_MS)
  const some = Math.ceil(kills / 5)
  const faults = Math.ceil(kills * FAULTS_A_KILL)
  const events: ChaosEvent[] = [
    ...placements(requests, spanMs),
    ...spread(random, kills, spanMs, victims(random, kills), victim => ({ kind: 'kill', victim, signal: 'SIGKILL' })),
    ...spread(random, some, spanMs, victims(random, some), victim => ({ kind: 'kill', victim, signal: 'SIGTERM' })),
    ...spread(random, some, spanMs, victims(random, some), victim => ({
      kind: 'freeze',
      victim,
      forMs: between(random, ...FREEZE_MS),
    })),
    ...spread(random, faults, spanMs, drawn(random, LINKS, faults), link => ({
      kind: 'fault',
      link,
      fault: oneOf(random, faultsOf(link)),
      forMs: between(random, ...FAULT_MS),
      strength: between(random, 2, 10) / 10,
    })),
    ...spread(random, Math.floor(kills / KILLS_A_BLACKOUT), spanMs, [], () => ({ kind: 'blackout' })),
    ...spread(random, Math.ceil(kills / KILLS_A_REORG), spanMs, [], () => ({
      kind: 'reorg',
      depth: between(random, 1, DEEPEST_REORG),
      into: oneOf(random, ['first', 'last', 'later']),
      answers: oneOf(random, ['lost', 'lost', 'kept']),
    })),
  ]
  events.sort((a, b) => a.at - b.at)
  const endsAt = Math.max(...events.map(event => event.at + ('forMs' in event ? event.forMs : 0)))
  return { seed, endpoints: random() < 0.5 ? 1 : 2, events, endsAt }
}

/** Requests keep coming until shortly before the end, so that every fault finds some in every stage. */
function placements(requests: number, spanMs: number): ChaosEvent[] {
  const bursts = Math.ceil(requests / BURST)
  return Array.from({ length: bursts }, (_, n) => ({
    kind: 'place' as const,
    count: Math.min(BURST, requests - n * BURST),
    at: Math.floor((n * spanMs * 0.9) / bursts),
  }))
}

/** Every victim once before any comes again, in an order of its own each time: a short run still kills everything. */
function victims(random: Random, count: number): Victim[] {
  return drawn(random, VICTIMS, count)
}

function drawn<T>(random: Random, all: readonly T[], count: number): T[] {
  const result: T[] = []
  while (result.length < count) result.push(...shuffled(random, all))
  return result.slice(0, count)
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items]
  return items.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0] as T) // CAST: one is left each time
}

/** Spreads acts evenly over the time, each somewhere in its own share of it. */
function spread<T>(
  random: Random,
  count: number,
  spanMs: number,
  subjects: readonly T[],
  act: (subject: T) => ChaosAct,
): ChaosEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const at = Math.floor(((n + random()) * spanMs) / count)
    return { ...act(subjects[n] as T), at } // CAST: there is one for each, or none is looked at
  })
}

/** One line about an event, for the schedule that is printed. */
export function describe(event: ChaosEvent): string {
  const when = `${(event.at / 1000).toFixed(1).padStart(6)} s`
  switch (event.kind) {
    case 'kill':
      return `${when}  ${event.signal} ${event.victim}`
    case 'blackout':
      return `${when}  SIGKILL everything at once`
    case 'freeze':
      return `${when}  SIGSTOP ${event.victim} for ${event.forMs} ms`
    case 'fault':
      return `${when}  ${event.fault} on ${event.link} for ${event.forMs} ms, strength ${event.strength}`
    case 'reorg':
      return `${when}  reorg of ${event.depth} blocks, requests mined again ${event.into}, answers ${event.answers}`
    case 'place':
      return `${when}  ${event.count} requests`
  }
}
