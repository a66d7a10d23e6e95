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
   * @returns last block that counts as read now: the end of the range, or less when an operator has moved a cursor back
   */
  async advance(range: BlockRange, blockHash: Hex, signal: AbortSignal): Promise<number> {
    const reached = this.#options.operations.map(operation => this.#advance(operation, range, blockHash, signal))
    return Math.min(...(await Promise.all(reached)))
  }

  async #advance(operation: Operation, range: BlockRange, blockHash: Hex, signal: AbortSignal): Promise<number> {
    const { name } = operation
    const identity = await this.#options.identityOf(operation)
    const fallenBack = await this.#fallBack(operation, identity, signal)
    if (fallenBack !== undefined) return Math.min(fallenBack, range.to)
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
    const { operations, identityOf } = this.#options
    const checks = operations.map(async each => this.#fallBack(each, await identityOf(each), signal))
    const blocks = (await Promise.all(checks)).filter(block => block !== undefined)
    return blocks.length > 0 ? Math.min(...blocks) : undefined
  }

  /** @returns undefined normally; where to read on when messages are gone that this process knew of */
  async #fallBack(operation: Operation, seen: StreamIdentity, signal: AbortSignal): Promise<number | undefined> {
    const { name } = operation
    if (!this.#lossOf(name, seen)) return undefined
    // A leader that was just elected may not have caught up.
    await sleep(LEADER_CATCH_UP_MS, signal)
    const identity = await this.#options.identityOf(operation)
    const loss = this.#lossOf(name, identity)
    if (!loss) return undefined
    const known = this.#cursors.get(name)
    const stored = await readCursor(this.#options.bucket, this.#key(name), signal)
    // A cursor that was moved since then, or back, says itself what has to be there.
    const fault = cursorFault(stored ?? beforeFirst(known), stored?.revision === known?.revision ? loss : identity)
    if (fault) {
      // Whoever starts now could not see it.
      if (stored && !cursorFault(stored, identity)) await markLost(this.#options.bucket, this.#key(name), signal)
      throw fault
    }
    const block = stored ? stored.block : await this.#beginAgain(name, signal)
    this.#endOf(name).beginAgain(identity.lastSeq)
    this.#know(name, stored)
    return block
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
