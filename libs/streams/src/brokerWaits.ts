import type { ConnectorError } from '@kms-connector/protocol'

/** What this process waits for at the broker, so that readiness can say why nothing moves. */
export class BrokerWaits {
  readonly #waiting = new Map<symbol, { readonly since: number; error: ConnectorError }>()

  /** @returns what is told of every failed attempt, and of the end */
  begin(): { readonly failed: (error: ConnectorError) => void; readonly end: () => void } {
    const key = Symbol('wait')
    return {
      failed: error => {
        const known = this.#waiting.get(key)
        if (known) known.error = error
        else this.#waiting.set(key, { since: performance.now(), error })
      },
      end: () => void this.#waiting.delete(key),
    }
  }

  /** @returns the longest wait and how many there are; undefined when nothing waits */
  longest(): { readonly count: number; readonly waitedMs: number; readonly error: ConnectorError } | undefined {
    // The first that began to wait: maps keep the order.
    const [oldest] = this.#waiting.values()
    if (!oldest) return undefined
    return { count: this.#waiting.size, waitedMs: performance.now() - oldest.since, error: oldest.error }
  }
}
