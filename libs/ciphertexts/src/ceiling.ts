interface Waiter {
  readonly amount: number
  admit(): void
}

/**
 * A limit on how much of something is in use at once. Waiters are admitted in the order they came, so that a large one
 * is never starved by small ones.
 */
export class Ceiling {
  readonly #limit: number
  readonly #waiting: Waiter[] = []
  #used = 0

  /** @throws RangeError unless the limit is a positive integer */
  constructor(limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`a ceiling of ${limit} admits nothing`)
    this.#limit = limit
  }

  get used(): number {
    return this.#used
  }

  /**
   * @param amount what is asked for; more than the limit counts as the limit, so that it is admitted alone
   * @returns gives the amount back; calling it again does nothing
   * @throws the reason of `signal` when it aborts before there is room
   */
  async acquire(amount: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    const taken = Math.min(Math.max(0, amount), this.#limit)
    if (this.#waiting.length > 0 || this.#used + taken > this.#limit) await this.#wait(taken, signal)
    else this.#used += taken
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#used -= taken
      this.#admit()
    }
  }

  #wait(amount: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(signal.reason)
        this.#admit()
      }
      const waiter: Waiter = {
        amount,
        admit: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#used + next.amount <= this.#limit; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#used += next.amount
      next.admit()
    }
  }
}
