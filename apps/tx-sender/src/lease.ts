import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { BODY_VERSION, ConnectorError, decodeBody, encodeBody } from '@kms-connector/protocol'
import { type Logger, withDeadline } from '@kms-connector/service-kit'
import type { KeyValue, KeyValueEntry } from '@kms-connector/streams'
import { z } from 'zod'

/** Key of the lease in its bucket. */
export const LEASE_KEY = 'tx-sender'

const schema = z.object({
  v: z.literal(BODY_VERSION),
  owner: z.string(),
  host: z.string(),
  pid: z.number(),
  since: z.number(),
})

/** Who holds a lease, as stored. */
export type LeaseHolder = Omit<z.infer<typeof schema>, 'v'>

/** @throws ConnectorError MESSAGE_MALFORMED or MESSAGE_VERSION_UNKNOWN */
export function decodeLease(bytes: Uint8Array): LeaseHolder {
  const { v: _version, ...holder } = decodeBody(schema, bytes)
  return holder
}

export interface LeaseTimes {
  /** Pause between two renewals. */
  readonly renewMs: number
  /** Without a renewal that began less than this long ago, the lease counts as lost. */
  readonly fenceMs: number
  /** Pause of a standby between two tries. */
  readonly tryMs: number
}

/**
 * Pure: the times that go with the age at which the broker removes a lease that nobody renews. A holder gives up at two
 * thirds of it, so that it has stopped before another one can start.
 */
export function leaseTimes(ageMs: number): LeaseTimes {
  return {
    renewMs: Math.round((ageMs * 4) / 15),
    fenceMs: Math.round((ageMs * 2) / 3),
    tryMs: Math.min(2_000, Math.round(ageMs / 4)),
  }
}

/**
 * Makes one of several senders the one that acts. Creating the key is acquiring it, its revision is the fencing token,
 * renewing is a compare-and-set on it, and the broker removes it when it is not renewed. A holder that cannot renew stops
 * by its own monotonic clock before the broker lets another one in.
 *
 * A lease is no proof at the moment of use: a process can be stopped between looking at it and acting. What is done with
 * it must therefore be harmless when it comes late; slots are created and replaced by compare-and-set, and bytes are
 * those of the ledger.
 */
export class Lease {
  readonly #bucket: KeyValue
  readonly #times: LeaseTimes
  readonly #logger: Logger
  /** Recognises our own writes. */
  readonly #owner = randomUUID()
  #revision = 0
  #since = 0
  /** On the monotonic clock, milliseconds. */
  #validUntil = Number.NEGATIVE_INFINITY
  #term: AbortController | undefined
  #renewing: Promise<void> = Promise.resolve()
  /** Whom a standby waits for. */
  #holder: LeaseHolder | undefined

  constructor(bucket: KeyValue, times: LeaseTimes, logger: Logger) {
    this.#bucket = bucket
    this.#times = times
    this.#logger = logger
  }

  /** Whether this process may act now. */
  get held(): boolean {
    return this.#term !== undefined && !this.#term.signal.aborted && performance.now() < this.#validUntil
  }

  /** Who acts in place of this process; undefined while it acts itself or nobody is known. */
  get holder(): LeaseHolder | undefined {
    return this.held ? undefined : this.#holder
  }

  /** @throws ConnectorError LEASE_LOST when another sender may act by now */
  require(): void {
    if (this.held) return
    throw new ConnectorError('LEASE_LOST', 'the lease was not renewed in time or was taken')
  }

  /**
   * Waits until this process holds the lease, and keeps renewing it from then on.
   * @returns a signal that fires when the lease is lost; undefined when `signal` fired first
   */
  async acquire(signal: AbortSignal): Promise<AbortSignal | undefined> {
    while (!signal.aborted) {
      const begun = await this.#try(signal).catch((fault: unknown) => {
        if (!signal.aborted) this.#logger.warn({ err: fault }, 'could not ask for the lease')
        return undefined
      })
      if (begun !== undefined) return this.#begin(begun)
      await delay(this.#times.tryMs, undefined, { signal }).catch(() => {})
    }
    return undefined
  }

  /** Lets another sender act at once. What is under way must have ended before. Harmless without the lease. */
  async release(): Promise<void> {
    const term = this.#term
    if (!term) return
    const held = this.held
    this.#term = undefined
    term.abort()
    await this.#renewing
    if (!held) return
    const give = (deadline: AbortSignal) => this.#bucket.delete(LEASE_KEY, this.#revision, deadline)
    await withDeadline(this.#times.renewMs, unanswered, give).catch((fault: unknown) => {
      this.#logger.warn({ err: fault }, 'could not give the lease back, it expires by itself')
    })
  }

  /** @returns when the write began that acquired the lease, on the monotonic clock */
  #try(signal: AbortSignal): Promise<number | undefined> {
    return withDeadline(this.#times.fenceMs, unanswered, deadline => this.#take(deadline), signal)
  }

  async #take(deadline: AbortSignal): Promise<number | undefined> {
    const entry = await this.#bucket.get(LEASE_KEY, deadline)
    if (entry && !this.#isOurs(entry)) {
      this.#holder = holderIn(entry)
      return undefined
    }
    const begun = performance.now()
    this.#since = Date.now()
    const result = entry
      ? await this.#bucket.update(LEASE_KEY, this.#value(), entry.revision, deadline)
      : await this.#bucket.create(LEASE_KEY, this.#value(), deadline)
    if (result.kind !== 'written') return undefined
    this.#revision = result.revision
    return begun
  }

  #begin(begun: number): AbortSignal {
    this.#holder = undefined
    const term = new AbortController()
    this.#term = term
    this.#validUntil = begun + this.#times.fenceMs
    this.#renewing = this.#renew(term)
    return term.signal
  }

  /** Ends when the lease is lost or given back. */
  async #renew(term: AbortController): Promise<void> {
    while (this.#term === term) {
      await delay(this.#times.renewMs, undefined, { signal: term.signal }).catch(() => {})
      if (this.#term !== term) return
      const begun = performance.now()
      const left = this.#validUntil - begun
      const renewed = left > 0 && (await this.#renewOnce(Math.ceil(left), term.signal))
      if (renewed === 'again') continue
      if (renewed) this.#validUntil = begun + this.#times.fenceMs
      else if (this.#term === term) return term.abort(new ConnectorError('LEASE_LOST', 'the lease was not renewed'))
    }
  }

  /** @returns `again` when an earlier renewal turned out to have been stored: when is unknown, so it proves no time */
  async #renewOnce(deadlineMs: number, stopped: AbortSignal): Promise<boolean | 'again'> {
    const renew = (deadline: AbortSignal) => this.#bucket.update(LEASE_KEY, this.#value(), this.#revision, deadline)
    try {
      const result = await withDeadline(deadlineMs, unanswered, renew, stopped)
      if (result.kind === 'written') {
        this.#revision = result.revision
        return true
      }
      if (!result.entry || !this.#isOurs(result.entry)) return false
      this.#revision = result.entry.revision
      return 'again'
    } catch (fault) {
      if (!stopped.aborted) this.#logger.warn({ err: fault }, 'could not renew the lease')
      return false
    }
  }

  #value(): Uint8Array {
    const holder: LeaseHolder = { owner: this.#owner, host: hostname(), pid: process.pid, since: this.#since }
    return encodeBody({ v: BODY_VERSION, ...holder })
  }

  #isOurs(entry: KeyValueEntry): boolean {
    return holderIn(entry)?.owner === this.#owner
  }
}

function unanswered(): ConnectorError {
  return new ConnectorError('BROKER_UNAVAILABLE', 'the bucket of the lease did not answer in time')
}

/** A lease that cannot be read is somebody's all the same; it expires like any other. */
function holderIn({ value }: KeyValueEntry): LeaseHolder | undefined {
  try {
    return decodeLease(value)
  } catch {
    return undefined
  }
}
