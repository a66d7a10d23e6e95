/** Ids that must exist, because higher ones do, and that were never seen. */
export interface Hole {
  /** First and last missing counter. */
  readonly from: bigint
  readonly to: bigint
  /** The requests were emitted between the blocks of their neighbours, both included. */
  readonly afterBlock: number
  readonly beforeBlock: number
}

/** A counter this far above the highest one is no hole but nonsense: it would make the whole range look missing. */
const LARGEST_JUMP = 1_000_000n

/**
 * Finds requests that an endpoint withheld: ids of one type are a dense counter, so a hole proves a missed event. Pure and
 * bounded: what is remembered are the holes, not the ids.
 *
 * Not seen by this: ids above the highest one that arrived. They show as soon as a later one arrives.
 */
export class IdGaps {
  readonly #maxHoles: number
  #lowest: bigint | undefined
  #highest: bigint | undefined
  #highestBlock = 0
  #holes: Hole[] = []

  /** @param maxHoles holes remembered apart; beyond, neighbours become one that is a little too large */
  constructor(maxHoles = 1_000) {
    this.#maxHoles = maxHoles
  }

  get holes(): readonly Hole[] {
    return this.#holes
  }

  /** How many ids are missing. */
  get missing(): number {
    return this.#holes.reduce((sum, { from, to }) => sum + Number(to - from + 1n), 0)
  }

  /**
   * Notes an id. The first one is where counting begins: ids below it are history that was not asked for.
   * @param serial counter part of the id
   * @param block where its event is
   */
  see(serial: bigint, block: number): void {
    if (this.#lowest === undefined || this.#highest === undefined) {
      this.#lowest = serial
      this.#highest = serial
      this.#highestBlock = block
      return
    }
    if (serial > this.#highest) this.#seeAbove(serial, block, this.#highest)
    else if (serial >= this.#lowest) this.#fill(serial, block)
  }

  #seeAbove(serial: bigint, block: number, highest: bigint): void {
    if (serial - highest > LARGEST_JUMP) return
    if (serial > highest + 1n) {
      const [afterBlock, beforeBlock] = inOrder(this.#highestBlock, block)
      this.#holes.push({ from: highest + 1n, to: serial - 1n, afterBlock, beforeBlock })
      if (this.#holes.length > this.#maxHoles) this.#mergeTheOldest()
    }
    this.#highest = serial
    this.#highestBlock = block
  }

  #fill(serial: bigint, block: number): void {
    const at = this.#holes.findIndex(({ from, to }) => from <= serial && serial <= to)
    const hole = this.#holes[at]
    if (!hole) return
    const { from, to, afterBlock, beforeBlock } = hole
    // A block outside of the neighbours' belongs to another branch of the chain and narrows nothing.
    const within = block >= afterBlock && block <= beforeBlock
    const rest: Hole[] = []
    if (from < serial) rest.push({ ...hole, to: serial - 1n, beforeBlock: within ? block : beforeBlock })
    if (serial < to) rest.push({ ...hole, from: serial + 1n, afterBlock: within ? block : afterBlock })
    this.#holes.splice(at, 1, ...rest)
    if (this.#holes.length > this.#maxHoles) this.#mergeTheOldest()
  }

  #mergeTheOldest(): void {
    const [first, second, ...rest] = this.#holes
    if (!first || !second) return
    const afterBlock = Math.min(first.afterBlock, second.afterBlock)
    const beforeBlock = Math.max(first.beforeBlock, second.beforeBlock)
    this.#holes = [{ from: first.from, to: second.to, afterBlock, beforeBlock }, ...rest]
  }
}

function inOrder(a: number, b: number): readonly [number, number] {
  return a <= b ? [a, b] : [b, a]
}
