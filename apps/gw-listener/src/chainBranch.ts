import { type BlockHeader, fetchHeader, type Rpc, type RpcPool } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import type { Cursor } from '@kms-connector/streams'
import { HeaderWindow } from './headerWindow.ts'
import type { ListenerMetrics } from './metrics.ts'
import { RecentRequests, type Sighting } from './recentRequests.ts'
import { commonAncestor, expectReplaced } from './reorg.ts'

export interface ChainBranchOptions {
  readonly group: string
  /** Recent blocks remembered, and how far back is read when nothing remembered is left of the chain. */
  readonly window: number
}

/** Requests remembered by their block. */
const REQUESTS_REMEMBERED = 20_000

/**
 * Follows which branch of the chain was read. A reorganisation means only this: the new branch is read from where it began.
 * Nothing is taken back, because a request that was published may be under way; those that do not come again are named.
 *
 * A head far behind is a lagging node and no reorganisation; only a block with another hash is one, and only if no other
 * endpoint still has the block as it was.
 */
export class ChainBranch {
  readonly #options: ChainBranchOptions
  readonly #pool: RpcPool
  readonly #metrics: ListenerMetrics
  readonly #logger: Logger
  readonly #window: HeaderWindow
  readonly #requests = new RecentRequests(REQUESTS_REMEMBERED)

  constructor(options: ChainBranchOptions, pool: RpcPool, metrics: ListenerMetrics, logger: Logger) {
    this.#options = options
    this.#pool = pool
    this.#metrics = metrics
    this.#logger = logger
    this.#window = new HeaderWindow(options.window)
  }

  /**
   * Whether the block of the stored cursor is still there: the chain may have been reorganised while nobody looked.
   * @returns last block that certainly counts as read
   */
  async expectStored(rpc: Rpc, cursor: Cursor | undefined, position: number): Promise<number> {
    if (cursor?.blockHash === undefined) return position
    const header = await fetchHeader(rpc, cursor.block)
    if (!header || header.hash === cursor.blockHash) return position
    await expectReplaced(this.#pool, rpc, { block: cursor.block, before: cursor.blockHash, now: header.hash })
    const ancestor = Math.min(position, cursor.block - this.#options.window)
    this.#report(cursor.block, ancestor)
    return ancestor
  }

  /**
   * Looks whether the chain still has the last block that was read, or the highest below it that the endpoint offers.
   * @returns last block that still counts as read: lower than `position` after a reorganisation
   * @throws ConnectorError RPC_CONTRADICTION when another endpoint still has what this one has replaced
   */
  async check(rpc: Rpc, position: number, head: number): Promise<number> {
    const [block] = this.#window.downFrom(Math.min(position, head))
    if (block === undefined) return position
    const header = await fetchHeader(rpc, block)
    // Not there (yet): a lagging node proves nothing.
    return header ? this.#follow(rpc, header, position) : position
  }

  /**
   * Looks whether what was just read goes on from what was read before.
   * @param rpc endpoint that it was read from
   * @param headers of the range, the first block first
   * @throws ConnectorError RPC_CONTRADICTION when the endpoint has another block, or none, where it says that the range goes on
   */
  async expectNext(rpc: Rpc, headers: readonly BlockHeader[], position: number): Promise<number> {
    const [first] = headers
    const before = first && this.#window.hashAt(first.number - 1)
    if (!first || before === undefined || before === first.parentHash) return position
    const parent = await fetchHeader(rpc, first.number - 1)
    // Otherwise blocks of a branch that was never read would be passed over.
    if (parent?.hash !== first.parentHash) {
      const detail = `${rpc.endpoint}: block ${first.number} follows ${first.parentHash}, and ${parent?.hash ?? 'no block'} is there`
      const fault = new ConnectorError('RPC_CONTRADICTION', detail, { endpoint: rpc.endpoint })
      this.#pool.blame(rpc, fault)
      throw fault
    }
    return this.#follow(rpc, parent, position)
  }

  async #follow(rpc: Rpc, header: BlockHeader, position: number): Promise<number> {
    const { number: block, hash: now } = header
    const before = this.#window.hashAt(block)
    if (before === undefined || before === now) return position
    await expectReplaced(this.#pool, rpc, { block, before, now })
    const ancestor = (await commonAncestor(rpc, this.#window, block)) ?? Math.max(-1, block - this.#options.window)
    this.#window.forgetAbove(ancestor)
    this.#requests.branched(ancestor, position)
    this.#report(position, ancestor)
    return Math.min(position, ancestor)
  }

  /** Remembers what was read, after it was published. */
  remember(headers: readonly BlockHeader[], sightings: readonly Sighting[], position: number): void {
    for (const { number, hash } of headers) this.#window.remember(number, hash)
    for (const sighting of sightings) this.#requests.note(sighting)
    for (const { operation, id, block, blockHash } of this.#requests.vanished(position)) {
      this.#metrics.vanished.inc({ operation: operation.name })
      const facts = { request_id: id, operation: operation.name, block, block_hash: blockHash }
      this.#logger.warn(facts, 'a published request is not on the chain any more after a reorganisation')
    }
  }

  #report(position: number, ancestor: number): void {
    const { group } = this.#options
    this.#metrics.reorgs.inc({ group })
    this.#metrics.reorgDepth.observe({ group }, Math.max(1, position - ancestor))
    this.#logger.warn(
      { group, was_at: position, from_block: ancestor + 1 },
      'the chain was reorganised, reading it again',
    )
  }
}
