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
  readonly #recent = new Map<string, Sighting>()
  /** Requests of a dead branch with the block by which the new branch should have them, too. */
  readonly #suspects = new Map<string, { readonly sighting: Sighting; readonly by: number }>()

  /** @param capacity requests remembered; the oldest are forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  note(sighting: Sighting): void {
    const key = `${sighting.operation.name}.${sighting.id}`
    this.#suspects.delete(key)
    // Last in the order of forgetting.
    this.#recent.delete(key)
    this.#recent.set(key, sighting)
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
    for (const [key, sighting] of this.#recent) {
      if (sighting.block <= ancestor) continue
      this.#recent.delete(key)
      this.#suspects.set(key, { sighting, by: tip })
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
    for (const [key] of gone) this.#suspects.delete(key)
    return gone.map(([, { sighting }]) => sighting)
  }
}
