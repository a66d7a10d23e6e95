import type { Hex, Operation, RequestId } from '@kms-connector/protocol'

/** A request where it was seen on chain. */
export interface Sighting {
  readonly operation: Operation
  readonly id: RequestId
  readonly block: number
  readonly blockHash: Hex
}

/**
 * Which requests were in which recent blocks, to name those that a reorganisation took away. They stay on their streams:
 * the work is done or under way, and most of them come again in a block of the new branch.
 */
export class RecentRequests {
  readonly #capacity: number
  readonly #recent = new Map<RequestId, Sighting>()
  /** Requests of a dead branch with the block by which the new branch should have them, too. */
  readonly #suspects = new Map<RequestId, { readonly sighting: Sighting; readonly by: number }>()
  #blockHash: Hex = '0x'

  /** @param capacity requests remembered; the oldest are forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  note(sighting: Sighting): void {
    const { id, blockHash } = sighting
    this.#suspects.delete(id)
    // Every log brings its own copy of the hash of its block: one for all of them is kept.
    if (this.#blockHash !== blockHash) this.#blockHash = blockHash
    // Last in the order of forgetting.
    this.#recent.delete(id)
    this.#recent.set(id, { ...sighting, blockHash: this.#blockHash })
    if (this.#recent.size <= this.#capacity) return
    const oldest = this.#recent.keys().next()
    if (!oldest.done) this.#recent.delete(oldest.value)
  }

  /**
   * Another branch goes on behind a block.
   * @param ancestor last block that both branches have
   * @param tip last block that was read of the dead branch
   * @returns how many requests were in its blocks
   */
  branched(ancestor: number, tip: number): number {
    let count = 0
    for (const [id, sighting] of this.#recent) {
      if (sighting.block <= ancestor) continue
      this.#recent.delete(id)
      this.#suspects.set(id, { sighting, by: tip })
      count++
    }
    return count
  }

  /**
   * @param position last block of the new branch that was read
   * @returns requests of the dead branch that are not on the new one as far as the dead one reached; each is told once
   */
  vanished(position: number): readonly Sighting[] {
    const gone = [...this.#suspects].filter(([, { by }]) => position > by)
    for (const [id] of gone) this.#suspects.delete(id)
    return gone.map(([, { sighting }]) => sighting)
  }
}
