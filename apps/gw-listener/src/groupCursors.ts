import { ConnectorError, type Hex, type Operation } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import {
  advanceCursor,
  type Cursor,
  cursorFault,
  type KeyValue,
  markLost,
  type Position,
  readCursor,
  type StreamIdentity,
} from '@kms-connector/streams'
import { type BlockRange, groupStart, type ScanStart, type StartBlock, scanStart } from './scanPlan.ts'
import { StreamEnd } from './streamEnd.ts'

const LEADER_CATCH_UP_MS = 2_000

export interface GroupCursorsOptions {
  readonly bucket: KeyValue
  /** Tells which incarnation of the stream of an operation there is, and where it ends. */
  readonly identityOf: (operation: Operation) => Promise<StreamIdentity>
  readonly chainId: number
  readonly operations: readonly Operation[]
  readonly startBlock: StartBlock
  readonly overlapBlocks: number
}

/**
 * How far each event type of a group was read: one stored cursor per type, moved by compare-and-set, so that several
 * listeners can read side by side.
 */
export class GroupCursors {
  readonly #options: GroupCursorsOptions
  readonly #cursors = new Map<string, Cursor | undefined>()
  /** First block that is read of an operation for which no cursor is stored. */
  readonly #begins = new Map<string, number>()
  readonly #ends: ReadonlyMap<string, StreamEnd>
  /** Last block that counts as read since messages were found missing. Kept until the caller knows it. */
  #readOnBehind: number | undefined

  constructor(options: GroupCursorsOptions) {
    this.#options = options
    this.#ends = new Map(options.operations.map(({ name }) => [name, new StreamEnd()]))
  }

  /**
   * Reads where the group goes on. Where it begins is written down at once: after a restart `latest` must not mean a later
   * block, or what happened in between would be skipped.
   * @param head highest block that is readable now
   * @throws ConnectorError START_BLOCK_REQUIRED or CURSOR_INVALID (fatal), BROKER_UNAVAILABLE
   */
  async load(head: number, signal: AbortSignal): Promise<ScanStart> {
    const { operations, overlapBlocks } = this.#options
    const starts = await Promise.all(operations.map(operation => this.#startOf(operation, head, signal)))
    const missing = operations.filter((_, i) => starts[i] === undefined).map(o => o.name)
    if (missing.length > 0)
      throw new ConnectorError('START_BLOCK_REQUIRED', `no cursor is stored for ${missing.join(', ')}`)
    const resumed = [...this.#cursors.values()].some(cursor => cursor !== undefined)
    return groupStart(
      starts.flatMap(start => start ?? []),
      overlapBlocks,
      resumed,
    )
  }

  async #startOf(operation: Operation, head: number, signal: AbortSignal): Promise<ScanStart | undefined> {
    const { name } = operation
    const { bucket, startBlock } = this.#options
    const cursor = await readCursor(bucket, this.#key(name), signal)
    if (cursor) await this.#expectPublished(operation, cursor, signal)
    this.#know(name, cursor)
    const begin = typeof startBlock === 'number' ? startBlock : startBlock && head + 1
    const remembered = await this.#remembered(name, cursor ? undefined : begin, signal)
    const first = typeof startBlock === 'number' ? startBlock : remembered
    if (first !== undefined) this.#begins.set(name, first)
    return scanStart({ cursor: cursor?.block, remembered, startBlock })
  }

  /** What lies before the cursor is not read again, so it must still be on its stream. */
  async #expectPublished(operation: Operation, cursor: Cursor, signal: AbortSignal): Promise<void> {
    if (!cursorFault(cursor, await this.#options.identityOf(operation))) return
    // A leader that was just elected may not have caught up.
    await sleep(LEADER_CATCH_UP_MS, signal)
    const fault = cursorFault(cursor, await this.#options.identityOf(operation))
    if (fault) throw fault
  }

  /** The lowest stored cursor that says which block it saw, for a look whether the chain still has it. */
  get stored(): Cursor | undefined {
    const known = [...this.#cursors.values()].filter(cursor => cursor?.blockHash !== undefined)
    return known.sort((a, b) => (a?.block ?? 0) - (b?.block ?? 0))[0]
  }

  /** First block of the very first start; the overlap never reaches below it, whatever the settings say later. */
  async #remembered(name: string, begin: number | undefined, signal: AbortSignal): Promise<number | undefined> {
    const key = `${this.#key(name)}.start`
    const known = await readCursor(this.#options.bucket, key, signal)
    if (known || begin === undefined) return known?.block
    return (await advanceCursor(this.#options.bucket, key, undefined, { block: begin }, signal)).cursor.block
  }

  /**
   * Marks a range as read, after everything in it is certain to be published.
   * @returns last block that counts as read now: the end of the range, or less when an operator has moved a cursor back or
   *   messages are missing
   */
  async advance(range: BlockRange, blockHash: Hex, signal: AbortSignal): Promise<number> {
    const block = Math.min(...(await this.#each(operation => this.#advance(operation, range, blockHash, signal))))
    const behind = this.#takeReadOnBehind()
    // What is missing may have been published from this range, whatever the cursors say.
    return behind === undefined ? block : Math.min(block, behind, range.from - 1)
  }

  async #advance(operation: Operation, range: BlockRange, blockHash: Hex, signal: AbortSignal): Promise<number> {
    const { name } = operation
    const identity = await this.#options.identityOf(operation)
    if (await this.#fallBack(operation, identity, signal)) return range.to
    const current = this.#cursors.get(name)
    const { created, lastSeq } = identity
    // After the rewind at start, or behind another listener, the stored cursor is ahead: it never moves back. At the same
    // block it takes over the hash: the block may have been replaced.
    if (current && (current.block > range.to || (current.block === range.to && current.blockHash === blockHash)))
      return range.to
    const to = { block: range.to, blockHash, stream: { created, seq: lastSeq } }
    const { kind, cursor } = await advanceCursor(this.#options.bucket, this.#key(name), current, to, signal)
    this.#know(name, cursor)
    if (kind === 'advanced') return range.to
    // Listeners only ever move it forward: below our range it was put by an operator who wants blocks read again.
    if (cursor.block < range.from - 1) return cursor.block
    return this.#advance(operation, range, blockHash, signal)
  }

  /** To be asked before a request is sent to the broker. @returns to be called with the number that it was stored under */
  watchPlace({ name }: Operation): (seq: number) => void {
    return this.#endOf(name).watch()
  }

  /**
   * Looks whether the streams still hold what was published. To be asked before more is published.
   * @returns undefined when they do; else the last block that counts as read, and what came since is to be published again
   * @throws ConnectorError CURSOR_INVALID (fatal) when a stream lost what lies before its cursor, and the cursor stayed
   */
  async lossBehind(signal: AbortSignal): Promise<number | undefined> {
    await this.#each(async each => this.#fallBack(each, await this.#options.identityOf(each), signal))
    return this.#takeReadOnBehind()
  }

  /** Returns when all are done, also when one fails: a look at the same stream must not overlap the next one. */
  async #each<T>(look: (operation: Operation) => Promise<T>): Promise<readonly T[]> {
    const results = await Promise.allSettled(this.#options.operations.map(look))
    return results.map(result => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  #takeReadOnBehind(): number | undefined {
    const block = this.#readOnBehind
    this.#readOnBehind = undefined
    return block
  }

  /** @returns true when messages are gone that this process knew of, and it is settled where to read on */
  async #fallBack(operation: Operation, seen: StreamIdentity, signal: AbortSignal): Promise<boolean> {
    const { name } = operation
    if (!this.#lossOf(name, seen)) return false
    // A leader that was just elected may not have caught up.
    await sleep(LEADER_CATCH_UP_MS, signal)
    const identity = await this.#options.identityOf(operation)
    const loss = this.#lossOf(name, identity)
    if (!loss) return false
    const known = this.#cursors.get(name)
    const stored = await readCursor(this.#options.bucket, this.#key(name), signal)
    // A cursor that was moved since then, or back, says itself what has to be there.
    const fault = cursorFault(stored ?? beforeFirst(known), stored?.revision === known?.revision ? loss : identity)
    if (fault) {
      // Whoever starts now could not see it.
      if (stored && !cursorFault(stored, identity)) await markLost(this.#options.bucket, this.#key(name), signal)
      throw fault
    }
    const block = stored ? this.#rewound(name, stored.block) : await this.#beginAgain(name, signal)
    this.#readOnBehind = Math.min(this.#readOnBehind ?? block, block)
    this.#endOf(name).beginAgain(identity.lastSeq)
    this.#know(name, stored)
    return true
  }

  /** As after a restart: what an overlap found is among what may be gone. */
  #rewound(name: string, block: number): number {
    return Math.min(block, Math.max(block - this.#options.overlapBlocks, (this.#begins.get(name) ?? 0) - 1))
  }

  /** @returns the stream up to its last message that is known to be the old one; undefined when nothing known is gone */
  #lossOf(name: string, identity: StreamIdentity): StreamIdentity | undefined {
    const known = this.#cursors.get(name)
    const end = this.#endOf(name)
    const intact = { ...identity, lastSeq: end.intact(identity.lastSeq) }
    const isLost = end.isSetBack(identity.lastSeq) || (known && cursorFault(known, intact) !== undefined)
    return isLost ? intact : undefined
  }

  /** The broker is as it was before the first cursor. @returns the block before the one where reading began */
  async #beginAgain(name: string, signal: AbortSignal): Promise<number> {
    const begin = this.#begins.get(name)
    if (begin === undefined) throw new ConnectorError('START_BLOCK_REQUIRED', `the cursor of ${name} is gone`)
    // A start at `latest` has to be known after a restart, too.
    await this.#remembered(name, begin, signal)
    return begin - 1
  }

  #know(name: string, cursor: Cursor | undefined): void {
    this.#cursors.set(name, cursor)
    if (cursor?.stream) this.#endOf(name).reached(cursor.stream.seq)
  }

  #endOf(name: string): StreamEnd {
    const end = this.#ends.get(name)
    if (!end) throw new ConnectorError('INTERNAL', `${name} is not read by this group`)
    return end
  }

  #key(name: string): string {
    return `${this.#options.chainId}.${name}`
  }
}

/** What a cursor that is not there any more says about its stream: only which one it was. */
function beforeFirst(known: Cursor | undefined): Position {
  return { block: 0, stream: known?.stream && { created: known.stream.created, seq: 0 } }
}
