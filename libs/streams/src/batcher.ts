/**
 * Collects items until a batch is full or its oldest item has waited long enough. Knows no clock and no timer: the
 * caller passes the time in milliseconds of a clock that never goes back.
 */
export class Batcher<T> {
  readonly #size: number
  readonly #lingerMs: number
  #items: T[] = []
  #oldest = 0

  /**
   * @param size items in a full batch, at least 1
   * @param lingerMs how long the first item of a batch waits for others
   */
  constructor(size: number, lingerMs: number) {
    this.#size = size
    this.#lingerMs = lingerMs
  }

  get length(): number {
    return this.#items.length
  }

  /** @returns the batch that this item completes, otherwise undefined */
  add(item: T, now: number): T[] | undefined {
    if (this.#items.length === 0) this.#oldest = now
    this.#items.push(item)
    return this.#items.length >= this.#size || this.#lingerMs <= 0 ? this.flush() : undefined
  }

  /** @returns milliseconds until the started batch is due, undefined while there is none */
  dueIn(now: number): number | undefined {
    return this.#items.length === 0 ? undefined : Math.max(0, this.#oldest + this.#lingerMs - now)
  }

  /** @returns everything collected; empties the batcher */
  flush(): T[] {
    const items = this.#items
    this.#items = []
    return items
  }
}
