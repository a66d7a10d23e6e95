import type { ConnectorError } from '@kms-connector/protocol'

/** Why one attempt at a message failed. */
export interface AttemptRecord {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly attempt: number
  readonly code: string
  readonly detail: string
}

const MAX_MESSAGES = 2_000
const MAX_ATTEMPTS = 10
const MAX_DETAIL = 500

/**
 * Remembers how the recent attempts of this process ended, so that a dead letter can tell its story. Bounded; what
 * other processes tried is not known here.
 */
export class AttemptHistory {
  readonly #byMessage = new Map<string, readonly AttemptRecord[]>()

  /** @param key identity of the stored message */
  add(key: string, attempt: number, error: ConnectorError): void {
    const detail = error.message.slice(0, MAX_DETAIL)
    const record = { at: Date.now(), attempt, code: error.code, detail }
    const records = [...this.of(key), record].slice(-MAX_ATTEMPTS)
    this.#byMessage.delete(key)
    this.#byMessage.set(key, records)
    if (this.#byMessage.size <= MAX_MESSAGES) return
    for (const oldest of this.#byMessage.keys()) {
      this.#byMessage.delete(oldest)
      return
    }
  }

  of(key: string): readonly AttemptRecord[] {
    return this.#byMessage.get(key) ?? []
  }

  forget(key: string): void {
    this.#byMessage.delete(key)
  }
}
