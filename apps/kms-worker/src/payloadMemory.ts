import { onAbort } from '@kms-connector/protocol'

/** The ciphertexts of one request, from the first fetch until the KMS Core has accepted them. */
export interface Payload {
  /**
   * Waits until one more ciphertext may be fetched, and keeps the room that it will probably need.
   * @throws the reason of `signal`
   */
  room(signal: AbortSignal): Promise<void>
  /** Counts a ciphertext that was received, in the place of the room that was kept for it. */
  add(bytes: number): void
  /** Nothing of it is in memory any more. Has to be called. */
  close(): void
}

interface Waiter {
  readonly payload: Payload
  readonly admit: () => void
}

/** By how much the size that is expected comes down towards a smaller ciphertext: one large one is soon forgotten. */
const FORGETTING = 16

/**
 * Bounds the bytes of ciphertexts that wait for the KMS Core, over all requests: what is held and what is probably on its
 * way stay below a limit. Sizes are known only afterwards, so each fetch is taken to be as large as the recent ones; the
 * bound is exceeded by what those under way have more than that. Those who wait are admitted in their order, except that the
 * oldest request never waits, so that requests which each have a part of their ciphertexts cannot wait for each other.
 */
export class PayloadMemory {
  readonly #limit: number
  readonly #open = new Set<Payload>()
  readonly #waiting = new Set<Waiter>()
  readonly #onHeld: (bytes: number) => void
  #held = 0
  #kept = 0
  #expected: number

  /**
   * @param limit bytes
   * @param firstFetches how many may be under way while nothing is known about their size
   * @param onHeld told of every change of {@link held}
   */
  constructor(limit: number, firstFetches: number, onHeld: (bytes: number) => void = () => {}) {
    this.#limit = limit
    this.#expected = Math.ceil(limit / firstFetches)
    this.#onHeld = onHeld
  }

  /** Bytes received and not yet accepted by the KMS Core. */
  get held(): number {
    return this.#held
  }

  open(): Payload {
    let bytes = 0
    const rooms: number[] = []
    const keep = () => {
      rooms.push(this.#expected)
      this.#kept += this.#expected
    }
    const payload: Payload = {
      room: async signal => {
        if (this.#waiting.size > 0 || !this.#fits()) await this.#turn(payload, signal, keep)
        else keep()
      },
      add: more => {
        this.#kept -= rooms.shift() ?? 0
        bytes += more
        this.#held += more
        this.#learn(more)
        this.#onHeld(this.#held)
        this.#admit()
      },
      close: () => {
        this.#held -= bytes
        this.#kept -= rooms.reduce((sum, room) => sum + room, 0)
        bytes = 0
        rooms.length = 0
        this.#open.delete(payload)
        this.#onHeld(this.#held)
        this.#admit()
      },
    }
    this.#open.add(payload)
    return payload
  }

  #fits(): boolean {
    return this.#held + this.#kept + this.#expected <= this.#limit
  }

  #learn(bytes: number): void {
    const less = this.#expected - bytes
    this.#expected = less > 0 ? Math.floor(this.#expected - less / FORGETTING) : bytes
  }

  #turn(payload: Payload, signal: AbortSignal, keep: () => void): Promise<void> {
    signal.throwIfAborted()
    if (payload === this.#oldest()) {
      keep()
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const unlisten = onAbort(signal, () => {
        this.#waiting.delete(waiter)
        reject(signal.reason)
        this.#admit()
      })
      const admit = () => {
        unlisten()
        this.#waiting.delete(waiter)
        keep()
        resolve()
      }
      const waiter: Waiter = { payload, admit }
      this.#waiting.add(waiter)
    })
  }

  /** All are taken to be of one size, so nobody is overtaken. */
  #admit(): void {
    const oldest = this.#oldest()
    for (const waiter of this.#waiting) if (this.#fits() || waiter.payload === oldest) waiter.admit()
  }

  #oldest(): Payload | undefined {
    const [oldest] = this.#open
    return oldest
  }
}
