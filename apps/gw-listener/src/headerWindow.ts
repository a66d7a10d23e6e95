import type { Hex } from '@kms-connector/protocol'

/**
 * The recent blocks as they were read: which hash each number had. A block that has another hash now was replaced.
 * During catch-up only the ends of ranges are known, which is enough to find where a branch began, a little too early.
 */
export class HeaderWindow {
  readonly #capacity: number
  readonly #hashes = new Map<number, Hex>()

  /** @param capacity blocks remembered; the lowest are forgotten first */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  remember(block: number, hash: Hex): void {
    this.#hashes.set(block, hash)
    if (this.#hashes.size <= this.#capacity) return
    this.#hashes.delete(Math.min(...this.#hashes.keys()))
  }

  hashAt(block: number): Hex | undefined {
    return this.#hashes.get(block)
  }

  /** Known block numbers up to one, the highest first. */
  downFrom(block: number): readonly number[] {
    return [...this.#hashes.keys()].filter(known => known <= block).sort((a, b) => b - a)
  }

  /** Forgets everything above a block: another branch goes on from there. */
  forgetAbove(block: number): void {
    for (const known of this.#hashes.keys()) if (known > block) this.#hashes.delete(known)
  }
}
