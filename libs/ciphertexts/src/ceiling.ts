import { type Caller, onGivenUp } from './deadline.ts'

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
   * Takes what is asked for if it is there.
   * @param amount more than the limit counts as the limit, so that it is admitted alone
   * @returns gives the amount back, and does nothing when it is called again; undefined when there is no room now
   */
  take(amount: number): (() => void) | undefined {
    const taken = this.#counted(amount)
    if (this.#waiting.length > 0 || this.#used + taken > this.#limit) return undefined
    this.#used += taken
    return this.#release(taken)
  }

  /**
   * Like {@link take}, but waits for room.
   * @throws the reason of `caller` when it gives up before there is room
   */
  async acquire(amount: number, caller: Caller): Promise<() => void> {
    caller.throwIfAborted()
    const release = this.take(amount)
    if (release) return release
    const taken = this.#counted(amount)
    await this.#wait(taken, caller)
    return this.#release(taken)
  }

  #counted(amount: number): number {
    return Math.min(Math.max(0, amount), this.#limit)
  }

  #release(taken: number): () => void {
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#used -= taken
      this.#admit()
    }
  }

  #wait(amount: number, caller: Caller): Promise<void> {
    return new Promise((resolve, reject) => {
      const unlisten = onGivenUp(caller, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(caller.reason)
        this.#admit()
      })
      const waiter: Waiter = {
        amount,
        admit: () => {
          unlisten()
          resolve()
        },
      }
      this.#waiting.push(waiter)
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
