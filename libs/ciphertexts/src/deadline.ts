import { onAbort } from '@kms-connector/protocol'

/** Whoever waits and may give up. */
export type Caller = AbortSignal | Deadline

/** Listens for the moment in which a caller gives up. @returns ends the listening */
export function onGivenUp(caller: Caller, listener: () => void): () => void {
  return caller instanceof Deadline ? caller.onAbort(listener) : onAbort(caller, listener)
}

/**
 * A span of time that can stand still: waiting for our own ceilings must not be blamed on a bucket. Aborts with the given
 * reason when the time is used up, or with the caller's reason when the caller gives up first. Like a signal, but one costs
 * little until somebody needs a real signal: every ciphertext has two of them.
 */
export class Deadline {
  readonly #reasonOf: () => Error
  readonly #listeners = new Set<() => void>()
  readonly #leave: () => void
  #leftMs: number
  #startedAt = 0
  #timer: NodeJS.Timeout | undefined
  #controller: AbortController | undefined
  #aborted = false
  #ended = false
  #reason: unknown

  /**
   * @param ms time there is
   * @param caller whoever waits
   * @param reason why it aborts when the time is used up
   */
  constructor(ms: number, caller: Caller, reason: () => Error) {
    this.#leftMs = ms
    this.#reasonOf = reason
    if (caller.aborted) {
      this.#leave = () => {}
      this.#abort(caller.reason)
    } else {
      this.#leave = onGivenUp(caller, () => this.#abort(caller.reason))
      this.#run()
    }
  }

  get aborted(): boolean {
    return this.#aborted
  }

  /** Why it has aborted. */
  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  /** For what takes nothing else. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** @returns ends the listening */
  onAbort(listener: () => void): () => void {
    const entry = () => listener()
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  /** Runs `wait` without using up time. */
  async standStill<T>(wait: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer)
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedAt))
    try {
      return await wait()
    } finally {
      if (!this.#aborted && !this.#ended) this.#run()
    }
  }

  /** Stops the clock and listens to nobody any more; has to be called. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#leave()
  }

  #run(): void {
    this.#startedAt = performance.now()
    this.#timer = setTimeout(() => this.#abort(this.#reasonOf()), this.#leftMs)
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    clearTimeout(this.#timer)
    this.#controller?.abort(reason)
    for (const listener of this.#listeners) listener()
  }
}
