/**
 * A span of time that can stand still: waiting for our own ceilings must not be blamed on a bucket. Aborts its signal
 * with the given reason when the time is used up, or with the caller's reason when the caller gives up first.
 */
export class Deadline {
  readonly #expired = new AbortController()
  readonly #reason: () => Error
  readonly signal: AbortSignal
  #leftMs: number
  #startedAt = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param ms time there is
   * @param caller signal of whoever waits
   * @param reason why the signal aborts when the time is used up
   */
  constructor(ms: number, caller: AbortSignal, reason: () => Error) {
    this.#leftMs = ms
    this.#reason = reason
    this.signal = AbortSignal.any([caller, this.#expired.signal])
    this.#run()
  }

  /** Runs `wait` without using up time. */
  async standStill<T>(wait: () => Promise<T>): Promise<T> {
    this.end()
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedAt))
    try {
      return await wait()
    } finally {
      this.#run()
    }
  }

  /** Stops the clock for good; has to be called. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #run(): void {
    this.#startedAt = performance.now()
    this.#timer = setTimeout(() => this.#expired.abort(this.#reason()), this.#leftMs)
  }
}
