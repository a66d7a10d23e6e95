import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Runs computations, a limited number at a time, each after a configurable delay that stands for the work of a real
 * threshold protocol. The queue is bounded by the capacity of the stores that feed it.
 */
export class ComputeLane {
  readonly #delayMs: number
  readonly #signal: AbortSignal
  readonly #queue: (() => void)[] = []
  #free: number

  /** @param signal stops the lane: what has not started never will, delays end at once */
  constructor(concurrency: number, delayMs: number, signal: AbortSignal) {
    this.#free = concurrency
    this.#delayMs = delayMs
    this.#signal = signal
  }

  /** @throws whatever the work throws, or the abort reason when the lane was stopped */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#queue.push(resolve))
    try {
      await (this.#delayMs > 0 ? delay(this.#delayMs, undefined, { signal: this.#signal }) : nextTurn())
      this.#signal.throwIfAborted()
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next) next()
      else this.#free++
    }
  }
}

/** Lets other requests of the process run; calls into WebAssembly block the event loop while they last. */
export async function breathe(): Promise<void> {
  await nextTurn()
}
