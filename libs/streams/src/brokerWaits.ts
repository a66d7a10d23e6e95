import type { ConnectorError } from '@kms-connector/protocol'

/** Milliseconds between two times that waiting for the same reason is worth a line in the log. */
const NEWS_EVERY_MS = 30_000

/** What this process waits for at the broker, so that readiness can say why nothing moves, and the log says it once. */
export class BrokerWaits {
  readonly #waiting = new Map<symbol, { readonly since: number; error: ConnectorError }>()
  readonly #toldAt = new Map<string, number>()

  /** @returns what is told of every failed attempt, and of the end. `failed` says whether this is news for a log. */
  begin(): { readonly failed: (error: ConnectorError) => boolean; readonly end: () => void } {
    const key = Symbol('wait')
    return {
      failed: error => {
        const known = this.#waiting.get(key)
        if (known) known.error = error
        else this.#waiting.set(key, { since: performance.now(), error })
        return this.#isNews(error.code)
      },
      end: () => {
        this.#waiting.delete(key)
        if (this.#waiting.size === 0) this.#toldAt.clear()
      },
    }
  }

  /** How many publishes and writes wait. */
  get count(): number {
    return this.#waiting.size
  }

  /** @returns the longest wait; undefined when nothing waits */
  longest(): { readonly waitedMs: number; readonly error: ConnectorError } | undefined {
    // The first that began to wait: maps keep the order.
    const [oldest] = this.#waiting.values()
    return oldest && { waitedMs: performance.now() - oldest.since, error: oldest.error }
  }

  /** A hundred publishes that wait for the same thing are one story. */
  #isNews(code: string): boolean {
    const now = performance.now()
    const told = this.#toldAt.get(code)
    if (told !== undefined && now - told < NEWS_EVERY_MS) return false
    this.#toldAt.set(code, now)
    return true
  }
}
