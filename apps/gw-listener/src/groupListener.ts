import type { FinalHead, RawLog, Rpc, RpcPool } from '@kms-connector/gateway'
import { ConnectorError, type Operation } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import { agreedHead } from './agreedHead.ts'
import type { ChainBranch } from './chainBranch.ts'
import type { GroupCursors } from './groupCursors.ts'
import { type ListenerMetrics, noteHead, noteLook } from './metrics.ts'
import type { RangeReader } from './rangeReader.ts'
import { sizeOf } from './rangeSize.ts'
import type { Sighting } from './recentRequests.ts'
import { type BlockRange, nextRange, overlapRange } from './scanPlan.ts'

export interface GroupOptions {
  /** Name in logs and metrics. */
  readonly group: string
  readonly operations: readonly Operation[]
  readonly pollingMs: number
  readonly overlapBlocks: number
  readonly overlapEveryMs: number
  /** Endpoints that must agree. */
  readonly quorum: number
}

export interface GroupDependencies {
  readonly pool: RpcPool
  readonly head: FinalHead
  readonly reader: RangeReader
  readonly branch: ChainBranch
  readonly cursors: GroupCursors
  readonly metrics: ListenerMetrics
  readonly logger: Logger
  /** Publishes the requests of logs and returns when all are certain to be stored. */
  readonly publish: (logs: readonly RawLog[], turn: Turn) => Promise<readonly Sighting[]>
  /** Called once, before anything is published, with the lowest block of interest. */
  readonly onStart: (floor: number) => Promise<void>
}

/** Faults after which another endpoint is asked at once. */
const ENDPOINTS_FAULT: ReadonlySet<string> = new Set(['RPC_CONTRADICTION', 'RPC_REJECTED', 'RPC_UNAVAILABLE'])

/** One step of a loop: when to give up, and how to tell that it works. */
export interface Turn {
  readonly signal: AbortSignal
  readonly beat: () => void
}

/**
 * Reads the requests of one group of operations from the chain: which blocks next, their logs, publish, move the cursors.
 * A step covers the blocks after the lowest cursor; head, logs and headers of a step come from one endpoint. Several
 * listeners may do this side by side: streams refuse duplicates, cursors move by compare-and-set.
 */
export class GroupListener {
  readonly #options: GroupOptions
  readonly #with: GroupDependencies
  #position: number | undefined
  #head: number | undefined
  #floor = 0
  #sweepAt = 0
  #sweeps = 0
  /** What is left of the overlap that is being read again. */
  #sweep: BlockRange | undefined

  constructor(options: GroupOptions, dependencies: GroupDependencies) {
    this.#options = options
    this.#with = dependencies
  }

  /** For `/status`. */
  get position(): number | undefined {
    return this.#position
  }

  /**
   * One look at the chain.
   * @returns milliseconds until the next one; 0 while catching up
   * @throws ConnectorError START_BLOCK_REQUIRED (fatal), or a fault of endpoint or broker that the next look survives
   */
  async step(turn: Turn): Promise<number> {
    const { rpc, head } = await agreedHead(this.#with.pool, this.#with.head, this.#options.quorum)
    try {
      return await this.#look(rpc, head, turn)
    } catch (fault) {
      if (!(fault instanceof ConnectorError) || !ENDPOINTS_FAULT.has(fault.code)) throw fault
      const { pool, logger } = this.#with
      // One that contradicted something was named where that was seen.
      if (fault.code !== 'RPC_CONTRADICTION') pool.passOver(rpc)
      if (this.#options.quorum > 1 || pool.others(rpc).length === 0) throw fault
      logger.warn({ err: fault, group: this.#options.group }, 'an endpoint could not be read from, asking another one')
      return 0
    }
  }

  async #look(rpc: Rpc, head: number, turn: Turn): Promise<number> {
    const { metrics, branch } = this.#with
    const { group, pollingMs } = this.#options
    noteHead(metrics, group, head, this.#head)
    this.#head = head
    const position = this.#position ?? (await this.#start(rpc, head, turn))
    await this.#sweepOn(rpc, Math.min(position, head), turn)
    const range = nextRange({ cursor: position, head, rangeSize: this.#with.reader.sizeAt(rpc).current })
    if (!range) {
      this.#position = await branch.check(rpc, position, head)
      noteLook(metrics, group, head, this.#position)
      return this.#position < position || this.#sweep ? 0 : pollingMs
    }
    if (!(await this.#read(rpc, range, position, turn))) return 0
    noteLook(metrics, group, head, this.#position ?? position)
    return range.to < head || this.#sweep ? 0 : pollingMs
  }

  async #start(rpc: Rpc, head: number, { signal }: Turn): Promise<number> {
    const { cursors, branch, logger, onStart } = this.#with
    const { group, overlapEveryMs } = this.#options
    const { position: begin, floor } = await cursors.load(head, signal)
    const position = Math.max(await branch.expectStored(rpc, cursors.stored, begin), Math.min(begin, floor - 1))
    await onStart(floor)
    logger.info({ group, from_block: position + 1, head }, 'started to read the chain')
    this.#floor = floor
    this.#position = position
    this.#sweepAt = performance.now() + overlapEveryMs
    return position
  }

  /**
   * An endpoint behind a balancer may have served logs of blocks that it had not indexed: they are read once more, by
   * each endpoint in turn. One piece a step, so that a deep overlap does not keep new blocks waiting.
   */
  async #sweepOn(rpc: Rpc, end: number, turn: Turn): Promise<void> {
    const { overlapBlocks, overlapEveryMs } = this.#options
    if (!this.#sweep) {
      if (performance.now() < this.#sweepAt) return
      this.#sweep = overlapRange(end, overlapBlocks, this.#floor)
      this.#sweepAt = performance.now() + overlapEveryMs
      this.#sweeps++
    }
    if (!this.#sweep) return
    const others = this.#with.pool.others(rpc)
    // Everybody's turn comes: another endpoint may itself be behind.
    const other = others[this.#sweeps % (others.length + 1)]
    const done =
      (other && (await this.#sweepPiece(other, turn).catch(() => undefined))) ?? (await this.#sweepPiece(rpc, turn))
    const { to } = this.#sweep
    this.#sweep = done < to ? { from: done + 1, to } : undefined
  }

  /** @returns last block that was read again */
  async #sweepPiece(rpc: Rpc, turn: Turn): Promise<number> {
    const { reader, publish } = this.#with
    const { from, to } = this.#sweep ?? { from: 0, to: -1 }
    turn.beat()
    const piece = { from, to: Math.min(from + reader.sizeAt(rpc).current - 1, to) }
    const logs = await reader.logs(rpc, piece)
    if (!logs) return from - 1
    await publish(logs, turn)
    return piece.to
  }

  /** @returns false when the range was too large for the endpoint and a smaller one is to be tried */
  async #read(rpc: Rpc, range: BlockRange, position: number, turn: Turn): Promise<boolean> {
    const { reader, branch, publish, cursors, metrics, logger } = this.#with
    const { group } = this.#options
    const reading = await reader.read(rpc, range)
    if (!reading) return false
    const shared = await branch.expectNext(rpc, reading.headers, position)
    if (shared < position) {
      this.#position = Math.max(shared, this.#floor - 1)
      return false
    }
    const sightings = await publish(reading.logs, turn)
    const boundary = reading.headers.at(-1)
    if (boundary?.number !== range.to)
      throw new ConnectorError('INTERNAL', `block ${range.to} was read without its header`)
    this.#position = await cursors.advance(range, boundary.hash, turn.signal)
    if (this.#position < range.to)
      logger.warn({ group, cursor: this.#position }, 'a cursor was moved back by hand, reading again from there')
    branch.remember(reading.headers, sightings, range.to)
    reader.sizeAt(rpc).served(range.to - range.from + 1, sizeOf(reading.logs))
    metrics.cursorBlock.set({ group }, this.#position)
    return true
  }
}
