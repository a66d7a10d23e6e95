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
  /** What was published counts as unknown from now on: the broker may have lost it. */
  readonly forget: () => void
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
  /** First block since the last overlap that was read while it was among the newest. */
  #fresh: number | undefined
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
    // On a chain without new blocks nothing else would notice it.
    if (this.#isSweepDue && (await this.#isSetBack(position, turn))) return 0
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

  get #isSweepDue(): boolean {
    return !this.#sweep && performance.now() >= this.#sweepAt
  }

  /** Whether the broker lost its newest messages, or was set back to an older copy: then its cursors tell where to read on. */
  async #isSetBack(position: number, { signal }: Turn): Promise<boolean> {
    const block = await this.#with.cursors.lossBehind(signal)
    if (block === undefined) return false
    this.#readAgain(Math.min(block, position))
    return true
  }

  /**
   * An endpoint behind a balancer may have served logs of blocks that it had not indexed: they are read once more, by
   * each endpoint in turn. One piece a step, so that a deep overlap does not keep new blocks waiting.
   */
  async #sweepOn(rpc: Rpc, end: number, turn: Turn): Promise<void> {
    const { overlapBlocks, overlapEveryMs } = this.#options
    if (this.#isSweepDue) {
      this.#sweep = overlapRange(end, overlapBlocks, this.#floor, this.#fresh)
      this.#fresh = undefined
      this.#sweepAt = performance.now() + overlapEveryMs
      this.#sweeps++
    }
    if (!this.#sweep) return
    const others = this.#with.pool.others(rpc)
    // Everybody's turn comes: another endpoint may itself be behind.
    const other = others[this.#sweeps % (others.length + 1)]
    const done =
      (other && (await this.#sweepPiece(other, turn).catch(() => undefined))) ?? (await this.#sweepAgreed(rpc, turn))
    if (done === undefined) return
    const { to } = this.#sweep
    this.#sweep = done < to ? { from: done + 1, to } : undefined
  }

  /** Endpoints that do not agree about old blocks must not keep new ones waiting: @returns undefined, the overlap is over then */
  async #sweepAgreed(rpc: Rpc, turn: Turn): Promise<number | undefined> {
    try {
      return await this.#sweepPiece(rpc, turn)
    } catch (fault) {
      const isTheirs = fault instanceof ConnectorError && ENDPOINTS_FAULT.has(fault.code)
      if (this.#options.quorum <= 1 || !isTheirs) throw fault
      this.#with.logger.warn({ err: fault, group: this.#options.group }, 'could not read the newest blocks again')
      this.#sweep = undefined
      return undefined
    }
  }

  /** @returns last block that was read again */
  async #sweepPiece(rpc: Rpc, turn: Turn): Promise<number> {
    const { reader, publish } = this.#with
    const { from, to } = this.#sweep ?? { from: 0, to: -1 }
    turn.beat()
    const piece = { from, to: Math.min(from + reader.sizeAt(rpc).current - 1, to) }
    const logs = await reader.again(rpc, piece)
    if (!logs) return from - 1
    await publish(logs, turn)
    return piece.to
  }

  /** @returns false when the range was too large for the endpoint and a smaller one is to be tried */
  async #read(rpc: Rpc, range: BlockRange, position: number, turn: Turn): Promise<boolean> {
    const { reader, branch, publish, cursors, metrics } = this.#with
    const { group } = this.#options
    const reading = await reader.read(rpc, range)
    if (!reading) return false
    const shared = await branch.expectNext(reading.rpc, reading.headers, position)
    if (shared < position) {
      this.#position = Math.max(shared, this.#floor - 1)
      return false
    }
    if (reading.logs.length > 0 && (await this.#isSetBack(position, turn))) return false
    const sightings = await publish(reading.logs, turn)
    const boundary = reading.headers.at(-1)
    if (boundary?.number !== range.to)
      throw new ConnectorError('INTERNAL', `block ${range.to} was read without its header`)
    this.#position = await cursors.advance(range, boundary.hash, turn.signal)
    if (this.#position < range.to) this.#readAgain(this.#position)
    this.#noteFresh(range)
    branch.remember(reading.headers, sightings, range.to)
    reader.sizeAt(rpc).served(range.to - range.from + 1, sizeOf(reading.logs))
    metrics.cursorBlock.set({ group }, this.#position)
    return true
  }

  #noteFresh({ from, to }: BlockRange): void {
    const newest = (this.#head ?? to) - this.#options.overlapBlocks + 1
    if (to >= newest) this.#fresh ??= Math.max(from, newest)
  }

  #readAgain(block: number): void {
    this.#position = block
    this.#with.forget()
    const facts = { group: this.#options.group, cursor: block }
    this.#with.logger.warn(
      facts,
      'the broker lost messages, or a cursor was moved back, by hand or with an older copy of the broker, reading again',
    )
  }
}
