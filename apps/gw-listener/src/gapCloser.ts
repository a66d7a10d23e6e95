import type { RawLog, Rpc, RpcPool } from '@kms-connector/gateway'
import { type Operation, requestIdSerial } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import type { Turn } from './groupListener.ts'
import { type Hole, IdGaps } from './idGaps.ts'
import type { ListenerMetrics } from './metrics.ts'
import type { RangeReader } from './rangeReader.ts'
import type { Sighting } from './recentRequests.ts'

export interface GapCloserDependencies {
  readonly pool: RpcPool
  readonly reader: RangeReader
  readonly operations: readonly Operation[]
  /** Publishes the requests of logs; what it saw comes back through {@link GapCloser.note}. */
  readonly publish: (logs: readonly RawLog[], turn: Turn) => Promise<unknown>
  readonly metrics: ListenerMetrics
  readonly logger: Logger
}

/** Pause before another attempt at holes that nobody could fill. */
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 300_000
/** Pause between two looks for new holes. */
const LOOK_MS = 250

/**
 * Reads again what an endpoint withheld. A hole in the ids names the blocks that the missing request must be in; they are
 * read at the endpoint in use, then at each of the others, then again after a growing pause, for as long as the hole is
 * there. A hole that stays is for an operator: the metric of missing ids does not go back to zero.
 */
export class GapCloser {
  readonly #with: GapCloserDependencies
  readonly #gaps = new Map<string, IdGaps>()
  #attempts = 0
  #nextAt = 0
  #known = 0

  constructor(dependencies: GapCloserDependencies) {
    this.#with = dependencies
    for (const { name, idType } of dependencies.operations) {
      if (idType !== undefined) this.#gaps.set(name, new IdGaps())
    }
    this.#report()
  }

  /** How many ids of this group are missing. */
  get missing(): number {
    return [...this.#gaps.values()].reduce((sum, gaps) => sum + gaps.missing, 0)
  }

  /** Notes requests that are certain to be on their stream, or that were there before. */
  note(sightings: readonly Pick<Sighting, 'operation' | 'id' | 'block'>[]): void {
    for (const { operation, id, block } of sightings) this.#gaps.get(operation.name)?.see(requestIdSerial(id), block)
    this.#report()
  }

  /**
   * Tries to fill all holes once.
   * @returns milliseconds until the next look
   */
  async step(turn: Turn): Promise<number> {
    const missing = this.missing
    // News are worth an attempt at once.
    if (missing > this.#known) this.#restart()
    this.#known = missing
    if (missing === 0 || performance.now() < this.#nextAt) return LOOK_MS
    const first = this.#with.pool.pin()
    const endpoints = [first, ...this.#with.pool.others(first)]
    for (const rpc of endpoints) {
      if (this.missing === 0) break
      await this.#readAgain(rpc, turn)
    }
    this.#known = this.missing
    this.#nextAt = performance.now() + Math.min(FIRST_PAUSE_MS * 2 ** this.#attempts, LONGEST_PAUSE_MS)
    this.#attempts++
    return LOOK_MS
  }

  async #readAgain(rpc: Rpc, turn: Turn): Promise<void> {
    const { logger } = this.#with
    for (const [operation, gaps] of this.#gaps) {
      for (const hole of [...gaps.holes]) {
        const facts = { operation, from_id: String(hole.from), to_id: String(hole.to), endpoint: rpc.endpoint }
        const before = gaps.missing
        try {
          await this.#scan(rpc, hole, turn)
        } catch (err) {
          if (turn.signal.aborted) throw err
          logger.warn({ ...facts, err }, 'could not look for requests that are missing')
          continue
        }
        const found = before - gaps.missing
        const where = { ...facts, after_block: hole.afterBlock, before_block: hole.beforeBlock }
        if (found > 0) logger.warn({ ...where, found }, 'found requests that an endpoint had left out')
        else logger.error(where, 'requests are missing: an endpoint leaves out blocks or logs')
      }
    }
  }

  async #scan(rpc: Rpc, { afterBlock, beforeBlock }: Hole, turn: Turn): Promise<void> {
    const { reader, publish } = this.#with
    let from = afterBlock
    while (from <= beforeBlock) {
      turn.signal.throwIfAborted()
      turn.beat()
      const to = Math.min(from + reader.sizeAt(rpc).current - 1, beforeBlock)
      const logs = await reader.again(rpc, { from, to })
      if (!logs) continue
      await publish(logs, turn)
      from = to + 1
    }
  }

  #restart(): void {
    this.#attempts = 0
    this.#nextAt = 0
  }

  #report(): void {
    for (const [operation, gaps] of this.#gaps) this.#with.metrics.missingIds.set({ operation }, gaps.missing)
  }
}
