import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'

type Sink = Pick<Writable, 'write' | 'end' | 'destroy' | 'writableLength' | 'writableNeedDrain'>

/** A reader that leaves this much unread is dropped, in bytes. */
const MAX_UNREAD_BYTES = 64 * 1024
/** So is one that has not read anything for this long although it should, in milliseconds. */
const MAX_BLOCKED_MS = 30_000
/** Pause of an `EventSource` before it connects again, in milliseconds. */
const RETRY_MS = 5_000
const HEARTBEAT_MS = 15_000

/** Name of a version of a status: the same content has the same id, from every replica. */
export function eventId(data: string): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16)
}

/**
 * Writes server-sent events. Never buffers more than a little for a reader who does not read: a write that finds the
 * reader too far behind drops the connection instead.
 */
export class EventStream {
  readonly #sink: Sink
  #wroteAt: number
  #blockedSince: number | undefined

  /** @param now milliseconds of a clock that never goes back, as everywhere here */
  constructor(sink: Sink, now: number) {
    this.#sink = sink
    this.#wroteAt = now
    this.#write(`retry: ${RETRY_MS}\n\n`, now)
  }

  /** @returns false when the reader was dropped */
  event(name: string, data: string, id: string | undefined, now: number): boolean {
    return this.#write(`event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`, now)
  }

  /**
   * Keeps proxies from closing a silent connection, where it has been silent for 15 s.
   * @returns false when the reader was dropped
   */
  heartbeat(now: number): boolean {
    if (this.#drop(now)) return false
    return now - this.#wroteAt < HEARTBEAT_MS || this.#write(': still here\n\n', now)
  }

  end(): void {
    this.#sink.end()
  }

  #write(text: string, now: number): boolean {
    if (this.#drop(now)) return false
    this.#wroteAt = now
    this.#sink.write(text)
    return true
  }

  #drop(now: number): boolean {
    if (!this.#sink.writableNeedDrain) {
      this.#blockedSince = undefined
      return false
    }
    this.#blockedSince ??= now
    if (this.#sink.writableLength <= MAX_UNREAD_BYTES && now - this.#blockedSince < MAX_BLOCKED_MS) return false
    this.#sink.destroy()
    return true
  }
}
