import { ConnectorError } from '@kms-connector/protocol'

/**
 * How many signatures are asked for at once, with a bounded queue in the order of arrival.
 * Invariant: at most `count` are inside, at most `maxWaiting` wait; every place is given back however its work ends.
 */
export class Lanes {
  readonly #count: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()
  #inside = 0

  /** @throws RangeError unless there is at least one lane */
  constructor(count: number, maxWaiting: number) {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`${count} lanes let nothing through`)
    this.#count = count
    this.#maxWaiting = maxWaiting
  }

  /**
   * @throws ConnectorError QUEUE_FULL when nobody else may wait; the signal's reason when it aborts before there is a
   * place
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#inside < this.#count) {
      this.#inside++
      return Promise.resolve()
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new ConnectorError('QUEUE_FULL', `${this.#waiting.size} signatures are waiting for a place already`)
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.delete(enter)
        reject(signal.reason)
      }
      this.#waiting.add(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The place goes to the next in line directly, so that nobody can take it in between. */
  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inside--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
