/** How a computation ended. A failure keeps its reason for the node's own log; callers only learn that it failed. */
export type Outcome<R> = { readonly ok: true; readonly result: R } | { readonly ok: false; readonly reason: string }

interface Entry<R> {
  outcome: Outcome<R> | undefined
  readonly waiters: Set<() => void>
}

/**
 * What a Core remembers about the requests of one kind, in memory only: a restart forgets everything. An id that was
 * inserted stays known, done or failed, until it is evicted to make room.
 *
 * Facts of KMS Core v0.13: at capacity the oldest completed entry goes if more than a minimum are completed, otherwise
 * the insert is refused; entries still computing are never evicted.
 */
export class MetaStore<R> {
  readonly #entries = new Map<string, Entry<R>>()
  /** Completed ids, oldest first. */
  readonly #completed = new Set<string>()
  readonly #capacity: number
  readonly #minCompleted: number

  constructor(capacity: number, minCompleted: number) {
    this.#capacity = capacity
    this.#minCompleted = minCompleted
  }

  get ids(): readonly string[] {
    return [...this.#entries.keys()]
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** The outcome of an id, undefined while it computes or when it is unknown. */
  outcome(id: string): Outcome<R> | undefined {
    return this.#entries.get(id)?.outcome
  }

  /** Makes an id known; its computation may start only after `inserted`. */
  insert(id: string): 'inserted' | 'known' | 'full' {
    if (this.#entries.has(id)) return 'known'
    if (this.#entries.size >= this.#capacity && !this.#evict()) return 'full'
    this.#entries.set(id, { outcome: undefined, waiters: new Set() })
    return 'inserted'
  }

  /** Settles an id once and wakes everybody who polls it. */
  complete(id: string, outcome: Outcome<R>): void {
    const entry = this.#entries.get(id)
    if (!entry || entry.outcome) return
    entry.outcome = outcome
    this.#completed.add(id)
    for (const wake of entry.waiters) wake()
    entry.waiters.clear()
  }

  /**
   * Long poll.
   * @param ms how long to wait at most
   * @param signal ends the wait early with `pending`
   */
  async wait(id: string, ms: number, signal: AbortSignal): Promise<Outcome<R> | 'unknown' | 'pending'> {
    const entry = this.#entries.get(id)
    if (!entry) return 'unknown'
    if (!entry.outcome && !signal.aborted) await settled(entry.waiters, ms, signal)
    return entry.outcome ?? 'pending'
  }

  #evict(): boolean {
    if (this.#completed.size <= this.#minCompleted) return false
    const [oldest] = this.#completed
    if (oldest === undefined) return false
    this.#completed.delete(oldest)
    return this.#entries.delete(oldest)
  }
}

function settled(waiters: Set<() => void>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      waiters.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake, { once: true })
    waiters.add(wake)
  })
}
