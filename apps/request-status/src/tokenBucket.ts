/** A rate limit that allows bursts: tokens drip in at a steady rate up to a capacity, every question takes some. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #capacity: number
  #tokens: number
  #at: number

  /**
   * @param perSecond tokens a second
   * @param capacity most tokens saved up; nothing that costs more is ever allowed
   * @param now milliseconds of a clock that never goes back
   */
  constructor(perSecond: number, capacity: number, now: number) {
    this.#perSecond = perSecond
    this.#capacity = capacity
    this.#tokens = capacity
    this.#at = now
  }

  /** @returns 0 when the tokens were taken, else the milliseconds until there are enough */
  take(cost: number, now: number): number {
    const elapsed = Math.max(0, now - this.#at)
    this.#at = now
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsed / 1_000) * this.#perSecond)
    if (cost <= this.#tokens) {
      this.#tokens -= cost
      return 0
    }
    return Math.ceil(((cost - this.#tokens) / this.#perSecond) * 1_000)
  }
}
