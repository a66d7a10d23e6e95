import { ConnectorError, type Operation, type RequestId } from '@kms-connector/protocol'
import { withDeadline } from '@kms-connector/service-kit'
import { messageAt, parseSubject, requestStream, streamIdentity } from '@kms-connector/streams'
import { type FactSources, readFacts } from './readFacts.ts'
import { newestRun, type RequestState } from './requestState.ts'
import { type RequestStatus, requestStatusOf } from './requestStatus.ts'

/** A status, and what else is needed to know when to look again. */
export interface Snapshot {
  readonly status: RequestStatus
  /** Sequence of the message that workers have to answer. */
  readonly runSeq: number | undefined
}

export interface ListQuery {
  readonly operation: Operation
  readonly state: RequestState | undefined
  readonly limit: number
}

export interface Listing {
  readonly requests: readonly RequestStatus[]
  /** Messages looked at, from the newest on. */
  readonly examined: number
}

/** Most messages one listing looks at, however few fit. */
export const MAX_EXAMINED = 100
const AT_ONCE = 20

/** Answers where requests stand, each question under a deadline. */
export class LookUp {
  readonly #sources: FactSources
  readonly #timeoutMs: number

  /** @param timeoutMs deadline of one request's look-up in milliseconds; a listing has three times as long */
  constructor(sources: FactSources, timeoutMs: number) {
    this.#sources = sources
    this.#timeoutMs = timeoutMs
  }

  /**
   * @returns undefined when nothing is known about the request
   * @throws ConnectorError BROKER_UNAVAILABLE, QUEUE_FULL, or of an outcome that this build cannot read
   */
  one(operation: Operation, id: RequestId): Promise<Snapshot | undefined> {
    return withDeadline(this.#timeoutMs, tooSlow, () => this.#read(operation, id))
  }

  /** The newest requests of an operation, read from the end of its stream. */
  newest(query: ListQuery): Promise<Listing> {
    return withDeadline(3 * this.#timeoutMs, tooSlow, signal => this.#list(query, signal))
  }

  async #read(operation: Operation, id: RequestId): Promise<Snapshot | undefined> {
    const facts = await readFacts(this.#sources, operation, id)
    const status = requestStatusOf(facts)
    return status && { status, runSeq: newestRun(facts)?.seq }
  }

  async #list({ operation, state, limit }: ListQuery, signal: AbortSignal): Promise<Listing> {
    const { broker, limit: reads } = this.#sources
    const stream = requestStream(operation)
    const { firstSeq, lastSeq } = await reads.run(() => streamIdentity(broker, stream))
    const lowest = Math.max(firstSeq, lastSeq - MAX_EXAMINED + 1)
    const seen = new Set<RequestId>()
    const requests: RequestStatus[] = []
    let next = lastSeq
    while (next >= lowest && requests.length < limit && !signal.aborted) {
      const count = Math.min(AT_ONCE, next - lowest + 1, state === undefined ? limit - requests.length : AT_ONCE)
      const ids = await Promise.all(Array.from({ length: count }, (_, i) => this.#idAt(stream, next - i)))
      next -= count
      const fresh = [...new Set(ids.filter(id => id !== undefined))].filter(id => !seen.has(id))
      for (const id of fresh) seen.add(id)
      const snapshots = await Promise.all(fresh.map(id => this.#read(operation, id)))
      const fitting = snapshots.flatMap(s => (s && (state === undefined || s.status.state === state) ? [s.status] : []))
      requests.push(...fitting.slice(0, limit - requests.length))
    }
    return { requests, examined: lastSeq - next }
  }

  async #idAt(stream: string, seq: number): Promise<RequestId | undefined> {
    const { broker, limit } = this.#sources
    const message = await limit.run(() => messageAt(broker, stream, seq))
    return message && parseSubject(message.subject)?.id
  }
}

const tooSlow = () => new ConnectorError('BROKER_UNAVAILABLE', 'NATS did not answer in time')
