import {
  type BlockHeader,
  type FinalHead,
  fetchHeader,
  fetchLogs,
  type RawLog,
  type Rpc,
  RpcError,
  type RpcPool,
  rejected,
} from '@kms-connector/gateway'
import { type Address, ConnectorError, type Operation, type OperationTable } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import type { GroupCursors } from './groupCursors.ts'
import { type ListenerMetrics, noteHead, noteLook } from './metrics.ts'
import { isRangeTooLarge, RangeSize } from './rangeSize.ts'
import { type BlockRange, nextRange, overlapRange } from './scanPlan.ts'

export interface GroupOptions {
  /** Name in logs and metrics. */
  readonly group: string
  readonly operations: readonly Operation[]
  readonly addresses: readonly Address[]
  readonly pollingMs: number
  readonly maxRange: number
  readonly overlapBlocks: number
  readonly overlapEveryMs: number
}

export interface GroupDependencies {
  readonly pool: RpcPool
  readonly head: FinalHead
  readonly table: OperationTable
  readonly cursors: GroupCursors
  readonly metrics: ListenerMetrics
  readonly logger: Logger
  /** Publishes the requests of logs and returns when all are certain to be stored. */
  readonly publish: (logs: readonly RawLog[], turn: Turn) => Promise<void>
}

/** One step of a loop: when to give up, and how to tell that it works. */
export interface Turn {
  readonly signal: AbortSignal
  readonly beat: () => void
}

/**
 * Reads the requests of one group of operations from the chain: which blocks next, their logs, publish, move the cursors.
 * A step covers the blocks after the lowest cursor. Several listeners may do this side by side: streams refuse
 * duplicates, cursors move by compare-and-set.
 */
export class GroupListener {
  readonly #options: GroupOptions
  readonly #with: GroupDependencies
  readonly #range: RangeSize
  #position: number | undefined
  #head: number | undefined
  #floor = 0
  #overlapAt = 0

  constructor(options: GroupOptions, dependencies: GroupDependencies) {
    this.#options = options
    this.#with = dependencies
    this.#range = new RangeSize(options.maxRange)
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
    const { metrics } = this.#with
    const { group, pollingMs } = this.#options
    const rpc = this.#with.pool.pin()
    const head = await this.#with.head.read(rpc)
    noteHead(metrics, group, head, this.#head)
    this.#head = head
    const position = this.#position ?? (await this.#start(head, turn))
    await this.#overlap(rpc, Math.min(position, head), turn)
    const range = nextRange({ cursor: position, head, rangeSize: this.#range.current })
    if (range && !(await this.#read(rpc, range, turn))) return 0
    noteLook(metrics, group, head, this.#position ?? position)
    if (!range) return pollingMs
    return range.to < head ? 0 : pollingMs
  }

  async #start(head: number, { signal }: Turn): Promise<number> {
    const { group, overlapEveryMs } = this.#options
    const { position, floor } = await this.#with.cursors.load(head, signal)
    this.#with.logger.info({ group, from_block: position + 1, head }, 'started to read the chain')
    this.#floor = floor
    this.#position = position
    this.#overlapAt = performance.now() + overlapEveryMs
    return position
  }

  /** An endpoint behind a balancer may have served logs of blocks that it had not indexed: they are read once more. */
  async #overlap(rpc: Rpc, end: number, turn: Turn): Promise<void> {
    const { overlapBlocks, overlapEveryMs } = this.#options
    if (performance.now() < this.#overlapAt) return
    const whole = overlapRange(end, overlapBlocks, this.#floor)
    let from = whole?.from ?? 0
    while (whole && from <= whole.to) {
      turn.signal.throwIfAborted()
      turn.beat()
      const range = { from, to: Math.min(from + this.#range.current - 1, whole.to) }
      const logs = await this.#logs(rpc, range)
      if (!logs) continue
      await this.#with.publish(logs, turn)
      from = range.to + 1
    }
    this.#overlapAt = performance.now() + overlapEveryMs
  }

  /** @returns false when the range was too large for the endpoint and a smaller one is to be tried */
  async #read(rpc: Rpc, range: BlockRange, turn: Turn): Promise<boolean> {
    const { publish, cursors, metrics, logger } = this.#with
    const { group } = this.#options
    const [logs, header] = await Promise.all([this.#logs(rpc, range), fetchHeader(rpc, range.to)])
    if (!logs) return false
    const blockHash = expectKnown(rpc, range.to, logs, header)
    await publish(logs, turn)
    this.#position = await cursors.advance(range, blockHash, turn.signal)
    if (this.#position < range.to)
      logger.warn({ group, cursor: this.#position }, 'a cursor was moved back by hand, reading again from there')
    this.#range.grow()
    metrics.cursorBlock.set({ group }, this.#position)
    return true
  }

  /** @returns undefined when a smaller range is to be tried at once */
  async #logs(rpc: Rpc, { from, to }: BlockRange): Promise<RawLog[] | undefined> {
    const { table } = this.#with
    const { addresses, operations } = this.#options
    const filter = { addresses, topics: table.topics(operations), fromBlock: from, toBlock: to }
    try {
      return await fetchLogs(rpc, filter)
    } catch (fault) {
      const blocks = to - from + 1
      // Whatever the fault was, fewer blocks are easier to serve: no answer can hold one range for ever.
      this.#range.shrink(blocks)
      if (blocks > 1 && isRangeTooLarge(fault)) return undefined
      throw fault instanceof RpcError ? rejected(fault) : fault
    }
  }
}

/**
 * The node announced this head: if it does not know the block, or takes another one for it than its logs do, then its
 * answer about logs proves nothing.
 */
function expectKnown({ endpoint }: Rpc, block: number, logs: readonly RawLog[], header: BlockHeader | undefined) {
  if (!header)
    throw new ConnectorError('RPC_REJECTED', `${endpoint} does not know block ${block} although its head is there`)
  const other = logs.find(log => log.blockNumber === block && log.blockHash !== header.hash)
  if (!other) return header.hash
  throw new ConnectorError('RPC_REJECTED', `${endpoint} has two blocks ${block}, ${header.hash} and ${other.blockHash}`)
}
