/** The ciphertexts of one request, from the first fetch until the KMS Core has accepted them. */
export interface Payload {
  /**
   * Waits until one more ciphertext may be fetched.
   * @throws the reason of `signal`
   */
  room(signal: AbortSignal): Promise<void>
  /** Counts a ciphertext that was received. */
  add(bytes: number): void
  /** Nothing of it is in memory any more. Has to be called. */
  close(): void
}

/**
 * Bounds the bytes of ciphertexts that wait for the KMS Core, over all requests: from a limit on, no further one is
 * fetched. Sizes are known only afterwards, so the bound is the limit plus what may be under way at once. The oldest
 * request is never held, so that requests which each have a part of their ciphertexts cannot wait for each other.
 */
export class PayloadMemory {
  readonly #limit: number
  readonly #open = new Set<Payload>()
  readonly #waiting = new Set<() => void>()
  #held = 0

  readonly #onHeld: (bytes: number) => void

  /**
   * @param limit bytes
   * @param onHeld told of every change of {@link held}
   */
  constructor(limit: number, onHeld: (bytes: number) => void = () => {}) {
    this.#limit = limit
    this.#onHeld = onHeld
  }

  /** Bytes received and not yet accepted by the KMS Core. */
  get held(): number {
    return this.#held
  }

  open(): Payload {
    let bytes = 0
    const payload: Payload = {
      room: async signal => {
        while (this.#held >= this.#limit && !this.#isOldest(payload)) await this.#change(signal)
      },
      add: more => {
        bytes += more
        this.#held += more
        this.#onHeld(this.#held)
      },
      close: () => {
        this.#held -= bytes
        bytes = 0
        this.#open.delete(payload)
        this.#onHeld(this.#held)
        for (const wake of [...this.#waiting]) wake()
      },
    }
    this.#open.add(payload)
    return payload
  }

  #isOldest(payload: Payload): boolean {
    const [oldest] = this.#open
    return oldest === payload
  }

  #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', leave)
      }
      const wake = () => {
        end()
        resolve()
      }
      const leave = () => {
        end()
        reject(signal.reason)
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}
