import { ConnectorError } from '@kms-connector/protocol'
import {
  answered,
  contradicted,
  type EndpointHealth,
  failed,
  isPaused,
  NEW_ENDPOINT,
  probed,
  rateLimited,
  useless,
} from './endpointHealth.ts'
import { type RankingLimits, ranked, type Standing, standings } from './endpointRanking.ts'
import { isRecord } from './nodeValue.ts'
import { type FinishedCall, Rpc, type RpcOptions } from './rpc.ts'
import { isWorthAsking, type RpcReader } from './rpcReader.ts'

export interface RpcPoolOptions {
  /** JSON-RPC endpoints of one chain, the preferred one first. */
  readonly urls: readonly string[]
  readonly chainId: number
  /** Deadline of one HTTP exchange, milliseconds. */
  readonly timeoutMs: number
  /** See {@link RpcOptions.batchSize}. */
  readonly batchSize?: RpcOptions['batchSize']
  readonly limits: RankingLimits
  readonly onCall?: (endpoint: string, call: FinishedCall) => void
  /** A read was given to another endpoint. */
  readonly onFailover?: (from: string, fault: unknown) => void
  readonly onContradiction?: (endpoint: string, fault: ConnectorError) => void
}

/** Where one endpoint stands, for people. */
export interface EndpointReport {
  readonly endpoint: string
  readonly usable: boolean
  /** Why it is not used; empty when it is. */
  readonly why: string
  readonly score: number
  readonly head: number | undefined
  readonly lag: number
  /** Serves another chain than the settings say. */
  readonly wrongChain: boolean
}

interface Member {
  readonly rpc: Rpc
  health: EndpointHealth
}

/**
 * Several JSON-RPC endpoints of one chain. Reads go to the best of them and, where that one cannot tell, to the next;
 * {@link pin} gives one endpoint for reads that belong together. Nothing is sent through here: who submits a transaction
 * takes an endpoint and decides about repeating by himself.
 *
 * Invariant: an endpoint is used only after it has said that it serves the chain of the settings.
 */
export class RpcPool implements RpcReader {
  readonly #members: readonly Member[]
  readonly #options: RpcPoolOptions
  #current: number | undefined

  /** @throws ConnectorError SETTINGS_INVALID when a URL is none of http or https */
  constructor(options: RpcPoolOptions) {
    this.#options = options
    const { urls, timeoutMs, batchSize = 0 } = options
    const labels = labelsOf(urls)
    this.#members = urls.map((url, place) => {
      const label = labels[place] ?? url
      const onCall = (call: FinishedCall) => this.#finished(place, label, call)
      return { rpc: new Rpc({ url, label, timeoutMs, batchSize, onCall }), health: NEW_ENDPOINT }
    })
  }

  /** Every endpoint of the settings, usable or not. */
  get endpoints(): readonly Rpc[] {
    return this.#members.map(({ rpc }) => rpc)
  }

  /**
   * The best endpoint now, for reads that must agree with each other, or to send to.
   * @throws ConnectorError RPC_UNAVAILABLE when none may be used; the message says why for each
   */
  pin(): Rpc {
    const [best] = this.#ranked()
    if (best !== undefined) return best
    const reasons = this.report().map(({ endpoint, why }) => `${endpoint} ${why}`)
    throw new ConnectorError('RPC_UNAVAILABLE', `no endpoint can be used: ${reasons.join('; ')}`)
  }

  /**
   * Whether every endpoint of the right chain has failed so often in a row that it is no hiccup. Whoever asks all the same waits for
   * the whole deadline, also when a pause is just over; the probe finds out when one is back.
   */
  get isSilent(): boolean {
    const right = this.#members.filter(({ health }) => health.chain === 'right')
    return right.length > 0 && right.every(({ health }) => health.failuresInARow >= FAILURES_OF_THE_SILENT)
  }

  /** The other endpoints worth asking, best first: for a second opinion, or to hand them the same signed bytes. */
  others(than: Rpc): readonly Rpc[] {
    return this.#ranked().filter(rpc => rpc !== than)
  }

  /**
   * Asks the best endpoint and, where it cannot tell, each of the others once.
   * @throws what the first endpoint threw, or RPC_UNAVAILABLE when none may be used
   */
  async read<T>(ask: (rpc: Rpc) => Promise<T>): Promise<T> {
    const first = this.pin()
    try {
      return await ask(first)
    } catch (fault) {
      if (!isWorthAsking(fault)) throw fault
      return this.#readElsewhere(first, ask, fault)
    }
  }

  async #readElsewhere<T>(first: Rpc, ask: (rpc: Rpc) => Promise<T>, firstFault: unknown): Promise<T> {
    let [from, fault] = [first, firstFault]
    for (const rpc of this.others(first)) {
      this.#options.onFailover?.(from.endpoint, fault)
      try {
        return await ask(rpc)
      } catch (next) {
        if (!isWorthAsking(next)) throw next
        from = rpc
        fault = next
      }
    }
    throw firstFault
  }

  /** An endpoint contradicted itself or others: it is left alone for a while and the contradiction is counted. */
  blame(rpc: Rpc, fault: ConnectorError): void {
    const member = this.#members.find(m => m.rpc === rpc)
    if (!member) return
    member.health = contradicted(member.health, performance.now())
    this.#options.onContradiction?.(rpc.endpoint, fault)
  }

  /** What was read from a pinned endpoint was refused or missing: another one is preferred for a moment. */
  passOver(rpc: Rpc): void {
    const member = this.#members.find(m => m.rpc === rpc)
    if (member) member.health = useless(member.health, performance.now())
  }

  /**
   * Asks every endpoint for its chain, its head and whether it is syncing, in use or not: this is how one that has
   * recovered is found again. Those that are told to wait are left alone. Never throws.
   * @returns faults by endpoint, for the log
   */
  async probe(): Promise<ReadonlyMap<string, unknown>> {
    const faults = new Map<string, unknown>()
    const probing = this.#members.map(member =>
      this.#probe(member).catch((fault: unknown) => {
        faults.set(member.rpc.endpoint, fault)
      }),
    )
    await Promise.all(probing)
    return faults
  }

  /** Like {@link probe}, but does not wait for slow endpoints once a usable one is found. */
  async probeUntilUsable(): Promise<ReadonlyMap<string, unknown>> {
    const faults = new Map<string, unknown>()
    const probing = this.#members.map(async member => {
      await this.#probe(member).catch((fault: unknown) => {
        faults.set(member.rpc.endpoint, fault)
      })
      if (this.#ranked().length === 0) throw new Error('not this one')
    })
    await Promise.any(probing).catch(() => {})
    return faults
  }

  async #probe(member: Member): Promise<void> {
    const { rpc, health } = member
    if (health.pause?.why === 'rate-limited' && isPaused(health, performance.now())) return
    const [chain, block, syncing] = await Promise.all([
      rpc.quantity('eth_chainId'),
      rpc.quantity('eth_blockNumber'),
      isSyncing(rpc),
    ])
    const seen = { chain, block: Number(block), syncing }
    member.health = probed(member.health, seen, BigInt(this.#options.chainId), performance.now())
  }

  report(): readonly EndpointReport[] {
    const all = this.#standings()
    return this.#members.map(({ rpc, health }, place) => {
      const standing = all[place]
      const usable = standing?.kind === 'usable'
      return {
        endpoint: rpc.endpoint,
        usable,
        why: standing === undefined || usable ? '' : standing.why,
        score: usable ? Math.max(0, standing.score) : 0,
        head: health.head?.block,
        lag: usable ? standing.lag : 0,
        wrongChain: health.chain === 'wrong',
      }
    })
  }

  #ranked(): Rpc[] {
    const places = ranked(this.#standings(), this.#current)
    this.#current = places[0]
    return places.flatMap(place => this.#members[place]?.rpc ?? [])
  }

  #standings(): readonly Standing[] {
    return standings(
      this.#members.map(({ health }) => health),
      this.#options.limits,
      performance.now(),
    )
  }

  #finished(place: number, label: string, call: FinishedCall): void {
    const member = this.#members[place]
    if (member) member.health = after(member.health, call, performance.now())
    this.#options.onCall?.(label, call)
  }
}

/** With the pauses in between, the fifth failure in a row comes after three seconds and more. */
const FAILURES_OF_THE_SILENT = 5

/** Questions that a node in order has an answer to: an error in its place is no answer. */
const ALWAYS_ANSWERED = new Set(['eth_chainId', 'eth_blockNumber', 'eth_getBlockByNumber', 'eth_getTransactionCount'])

function after(health: EndpointHealth, call: FinishedCall, now: number): EndpointHealth {
  const { method, outcome, seconds, retryAfterMs } = call
  switch (outcome) {
    case 'rejected':
      return ALWAYS_ANSWERED.has(method) ? failed(health, now) : answered(health, seconds * 1000)
    case 'ok':
      return answered(health, seconds * 1000)
    case 'rate-limited':
      return rateLimited(health, now, retryAfterMs)
    case 'unavailable':
      return failed(health, now)
  }
}

/** A node that does not know the method says nothing about it; one that does not answer fails the whole probe. */
async function isSyncing(rpc: Rpc): Promise<boolean> {
  return rpc.call('eth_syncing').then(isRecord, () => false)
}

/** Origins, numbered where two endpoints share one: paths hold keys and are not shown. */
function labelsOf(urls: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return urls.map(url => {
    const origin = URL.parse(url)?.origin ?? ''
    const count = (seen.get(origin) ?? 0) + 1
    seen.set(origin, count)
    return count === 1 ? origin : `${origin}#${count}`
  })
}
