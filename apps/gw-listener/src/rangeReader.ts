import {
  type BlockHeader,
  fetchHeader,
  fetchLogs,
  type RawLog,
  type Rpc,
  RpcError,
  type RpcPool,
  rejected,
} from '@kms-connector/gateway'
import { ConnectorError, type Hex } from '@kms-connector/protocol'
import type { ListenerMetrics } from './metrics.ts'
import { providerLimitOf } from './providerLimit.ts'
import { quorumOf } from './quorum.ts'
import { RangeSize } from './rangeSize.ts'
import { contradictionIn, headersWanted, logKey, type Reading, suspiciousBlocks } from './readingChecks.ts'
import type { BlockRange } from './scanPlan.ts'

export interface RangeReaderOptions {
  /** Name in metrics. */
  readonly group: string
  readonly addresses: readonly Hex[]
  readonly topics: readonly Hex[]
  /** Most blocks of one `eth_getLogs`. */
  readonly maxRange: number
  /** Endpoints that must report the same logs before they count. */
  readonly quorum: number
}

/** What was read, and where. */
export interface SourcedReading extends Reading {
  readonly rpc: Rpc
}

/** Logs held at once, at most, unless a single block has more: a range with more is read in smaller ones. */
export const MAX_LOGS_HELD = 10_000

/**
 * Reads the logs of a range so that they can be believed: with the headers of the same endpoint, checked against each
 * other, and with the opinion of other endpoints where something is suspicious. An endpoint that contradicts itself or
 * the others is named, counted and left alone for a while; it stops nothing.
 */
export class RangeReader {
  readonly #pool: RpcPool
  readonly #options: RangeReaderOptions
  readonly #metrics: ListenerMetrics
  /** Limits differ from provider to provider. */
  readonly #sizes = new Map<string, RangeSize>()

  constructor(pool: RpcPool, options: RangeReaderOptions, metrics: ListenerMetrics) {
    this.#pool = pool
    this.#options = options
    this.#metrics = metrics
  }

  /** How much this endpoint takes at once just now. */
  sizeAt({ endpoint }: Rpc): RangeSize {
    const known = this.#sizes.get(endpoint)
    if (known) return known
    const size = new RangeSize(this.#options.maxRange)
    this.#sizes.set(endpoint, size)
    return size
  }

  /**
   * @param rpc endpoint that announced a head at or above the range
   * @returns undefined when a smaller range is to be tried at once
   * @throws ConnectorError RPC_CONTRADICTION naming the endpoint, RPC_UNAVAILABLE or RPC_REJECTED
   */
  async read(rpc: Rpc, range: BlockRange): Promise<SourcedReading | undefined> {
    const reading = await this.#readAt(rpc, range)
    if (!reading) return undefined
    if (this.#options.quorum > 1) return this.#withQuorum(rpc, range, reading)
    return { ...(await this.#withSecondOpinion(rpc, reading)), rpc }
  }

  /**
   * Logs of blocks that were read before: without checks against headers, unless several endpoints must agree on what counts.
   * @returns undefined when a smaller range is to be tried at once
   * @throws ConnectorError as {@link read}
   */
  async again(rpc: Rpc, range: BlockRange): Promise<readonly RawLog[] | undefined> {
    return this.#options.quorum > 1 ? (await this.read(rpc, range))?.logs : this.#logs(rpc, range)
  }

  async #logs(rpc: Rpc, { from, to }: BlockRange): Promise<RawLog[] | undefined> {
    const { addresses, topics } = this.#options
    const size = this.sizeAt(rpc)
    const blocks = to - from + 1
    try {
      const logs = await fetchLogs(rpc, { addresses, topics, fromBlock: from, toBlock: to })
      if (logs.length <= MAX_LOGS_HELD || blocks === 1) return logs
      size.refused({ kind: 'suggested', blocks: Math.floor(blocks / 2) }, blocks)
      return undefined
    } catch (fault) {
      if (size.refused(providerLimitOf(fault, blocks), blocks) && blocks > 1) return undefined
      throw fault instanceof RpcError ? rejected(fault) : fault
    }
  }

  async #readAt(rpc: Rpc, range: BlockRange): Promise<Reading | undefined> {
    const [logs, headers] = await Promise.all([this.#logs(rpc, range), this.#headers(rpc, range)])
    if (!logs) return undefined
    const said = contradictionIn({ logs, headers })
    if (said !== undefined) throw this.#contradiction(rpc, said)
    return { logs, headers }
  }

  /** The endpoint announced this head: if it does not know one of the blocks, its answer about logs proves nothing. */
  async #headers(rpc: Rpc, range: BlockRange): Promise<BlockHeader[]> {
    const wanted = headersWanted(range)
    const found = await Promise.all(wanted.map(block => fetchHeader(rpc, block))).catch(fault => {
      // Many calls fail more often than few: one out of eleven that fails would never let sixteen through.
      this.sizeAt(rpc).refused({ kind: 'other' }, range.to - range.from + 1)
      throw fault
    })
    return found.map((header, i) => {
      if (header) return header
      throw this.#contradiction(rpc, `block ${wanted[i]} is unknown although the head is there`)
    })
  }

  /** A filter of a header that says "maybe" and an answer without logs: somebody else is asked. */
  async #withSecondOpinion(rpc: Rpc, reading: Reading): Promise<Reading> {
    const { addresses, topics, group } = this.#options
    const suspects = suspiciousBlocks(reading, addresses, topics)
    if (suspects.length === 0) return reading
    const opinion = (await this.#opinionOfOthers(rpc, reading, suspects)) ?? (await this.#again(rpc, suspects))
    const { logs, independent } = opinion
    const result = logs.length > 0 ? 'contradicted' : independent ? 'confirmed' : 'unconfirmed'
    this.#metrics.secondOpinions.inc({ group, result })
    if (logs.length === 0) return reading
    this.#contradiction(rpc, `blocks ${suspects.join(', ')} were served without logs that they hold`)
    const all = [...reading.logs, ...logs]
    return { ...reading, logs: all.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex) }
  }

  /** @returns undefined when no other endpoint knows these blocks */
  async #opinionOfOthers(rpc: Rpc, { headers }: Reading, suspects: readonly number[]) {
    const hashes = new Map(headers.map(({ number, hash }) => [number, hash]))
    for (const other of this.#pool.others(rpc)) {
      try {
        const known = await Promise.all(suspects.map(block => fetchHeader(other, block)))
        // On another branch, or behind: its logs would say nothing about our blocks.
        if (known.some((header, i) => header?.hash !== hashes.get(suspects[i] ?? -1))) continue
        const logs = await this.#logs(other, spanOf(suspects))
        if (logs) return { logs: ofBlocks(logs, suspects, hashes), independent: true }
      } catch {
        // It is no help just now; its health has noted why.
      }
    }
    return undefined
  }

  async #again(rpc: Rpc, suspects: readonly number[]) {
    const logs = (await this.#logs(rpc, spanOf(suspects))) ?? []
    return { logs: ofBlocks(logs, suspects), independent: false }
  }

  async #withQuorum(rpc: Rpc, range: BlockRange, reading: Reading): Promise<SourcedReading> {
    const { quorum } = this.#options
    const readings = new Map<Rpc, Reading>([[rpc, reading]])
    for (const other of this.#pool.others(rpc)) {
      const theirs = await this.#readAt(other, range).catch(() => undefined)
      if (theirs) readings.set(other, theirs)
      const result = quorumOf([...readings].map(voteOf), quorum)
      if (result.kind === 'undecided') continue
      const agreed = [...readings].filter(([{ endpoint }]) => result.by.includes(endpoint))
      for (const [liar] of readings) {
        if (result.against.includes(liar.endpoint))
          this.#contradiction(liar, `blocks ${range.from} to ${range.to} are told otherwise by ${result.by.join(', ')}`)
      }
      const [source = rpc, told = reading] = result.by.includes(rpc.endpoint) ? [rpc, reading] : (agreed[0] ?? [])
      return { ...told, rpc: source }
    }
    const who = [...readings.keys()].map(({ endpoint }) => endpoint).join(', ')
    const detail = `blocks ${range.from} to ${range.to}: ${quorum} endpoints must agree, asked were ${who}`
    throw new ConnectorError(readings.size < quorum ? 'RPC_UNAVAILABLE' : 'RPC_CONTRADICTION', detail)
  }

  #contradiction(rpc: Rpc, said: string): ConnectorError {
    const fault = new ConnectorError('RPC_CONTRADICTION', `${rpc.endpoint}: ${said}`, { endpoint: rpc.endpoint })
    this.#pool.blame(rpc, fault)
    return fault
  }
}

/** The branch counts, too: two endpoints that both see nothing must at least see the same last block. */
function voteOf([{ endpoint }, { logs, headers }]: readonly [Rpc, Reading]) {
  return { endpoint, keys: [`last.${headers.at(-1)?.hash}`, ...logs.map(logKey)] }
}

function spanOf(blocks: readonly number[]): BlockRange {
  return { from: Math.min(...blocks), to: Math.max(...blocks) }
}

function ofBlocks(logs: readonly RawLog[], blocks: readonly number[], hashes?: ReadonlyMap<number, Hex>): RawLog[] {
  return logs.filter(
    ({ blockNumber, blockHash }) =>
      blocks.includes(blockNumber) && (hashes === undefined || hashes.get(blockNumber) === blockHash),
  )
}
