import { type ConnectorError, type Operation, type RequestId, toConnectorError } from '@kms-connector/protocol'
import { parseSubject } from '@kms-connector/streams'
import type { LookUp, Snapshot } from './lookUp.ts'
import { FRESH_MS, type OpenSlots } from './openSlots.ts'
import type { RequestStatus } from './requestStatus.ts'
import type { WorkerPositions } from './workerPositions.ts'

/** What a look at a request brought. */
export type Reading =
  | { readonly kind: 'status'; readonly status: RequestStatus }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly error: ConnectorError }

export type EndReason = 'final' | 'deadline' | 'shutdown'

/** One open stream of changes. */
export interface Subscriber {
  readonly onReading: (reading: Reading) => void
  /** Called about once a second, with a clock in milliseconds that never goes back. */
  readonly onTick: (now: number) => void
  readonly end: (reason: EndReason) => void
}

/** Everybody who watches one request shares its readings. */
interface Topic {
  readonly operation: Operation
  readonly id: RequestId
  readonly subscribers: Set<Subscriber>
  last: Snapshot | undefined
  readAt: number
  reading: boolean
  again: boolean
}

/** A request is looked at this often even if nothing was noticed: notices may be lost, readings may not. */
const LOOK_AGAIN_MS = 15_000

export interface LiveSources {
  readonly lookUp: LookUp
  readonly positions: WorkerPositions
  readonly slots: OpenSlots
  readonly maxSubscribers: number
}

/**
 * The requests that somebody watches. Notices from the streams, and the position of the workers, tell when to read one
 * again; what subscribers get is always a fresh reading, so a notice too many is harmless and one too few costs time only.
 */
export class LiveRequests {
  readonly #sources: LiveSources
  readonly #topics = new Map<RequestId, Topic>()
  #subscribers = 0
  #slotTimer: NodeJS.Timeout | undefined
  #lookingAtWorkers = false

  constructor(sources: LiveSources) {
    this.#sources = sources
  }

  get subscribers(): number {
    return this.#subscribers
  }

  /**
   * Adds a subscriber, who gets a reading soon and one after every change.
   * @returns how to leave; undefined when there are too many subscribers
   */
  join(operation: Operation, id: RequestId, subscriber: Subscriber): (() => void) | undefined {
    if (this.#subscribers >= this.#sources.maxSubscribers) return undefined
    this.#subscribers++
    const topic = this.#topics.get(id) ?? newTopic(operation, id)
    this.#topics.set(id, topic)
    topic.subscribers.add(subscriber)
    this.#touch(topic)
    return () => {
      if (!topic.subscribers.delete(subscriber)) return
      this.#subscribers--
      if (topic.subscribers.size === 0) this.#topics.delete(id)
    }
  }

  /** Something was stored under this subject. */
  noticed(subject: string): void {
    const id = parseSubject(subject)?.id
    const topic = id && this.#topics.get(id)
    if (topic) this.#touch(topic)
  }

  /** Notices may have been missed: looks at everything. */
  noticedGap(): void {
    for (const topic of this.#topics.values()) this.#touch(topic)
    this.noticedSlot()
  }

  /** The sender's ledger changed. Its keys are nonces: whose they are takes a listing, after a pause that collects many. */
  noticedSlot(): void {
    if (this.#slotTimer || !this.#in('answered').next().value) return
    this.#slotTimer = setTimeout(() => {
      this.#slotTimer = undefined
      void this.#lookAtSlots()
    }, FRESH_MS + 50)
  }

  /** One step of the clock: signs of life, deadlines, and the looks that no notice asks for. */
  tick(now: number): void {
    for (const { subscribers } of this.#topics.values()) for (const s of subscribers) s.onTick(now)
    for (const topic of this.#topics.values()) if (now - topic.readAt >= LOOK_AGAIN_MS) this.#touch(topic)
    if (!this.#lookingAtWorkers) void this.#lookAtWorkers()
  }

  endAll(reason: EndReason): void {
    clearTimeout(this.#slotTimer)
    for (const { subscribers } of this.#topics.values()) for (const subscriber of subscribers) subscriber.end(reason)
  }

  *#in(state: RequestStatus['state']): Generator<Topic> {
    for (const topic of this.#topics.values()) if (topic.last?.status.state === state) yield topic
  }

  /** Delivery to a worker stores nothing, so no notice tells of it. */
  async #lookAtWorkers(): Promise<void> {
    const waiting = [...this.#in('received')]
    this.#lookingAtWorkers = true
    try {
      for (const operation of new Set(waiting.map(t => t.operation))) {
        const delivered = (await this.#sources.positions.of(operation))?.deliveredSeq ?? 0
        const taken = waiting.filter(t => t.operation === operation && (t.last?.runSeq ?? 0) <= delivered)
        for (const topic of taken) this.#touch(topic)
      }
    } catch {
      // The next tick asks again.
    } finally {
      this.#lookingAtWorkers = false
    }
  }

  async #lookAtSlots(): Promise<void> {
    try {
      await this.#sources.slots.refresh()
    } catch {
      // The look that comes with the clock will find it.
      return
    }
    for (const topic of this.#in('answered')) if (this.#sources.slots.has(topic.id)) this.#touch(topic)
  }

  #touch(topic: Topic): void {
    topic.again = true
    if (!topic.reading) void this.#read(topic)
  }

  /** Invariant: one reading of a topic at a time, and one that began after the last touch. */
  async #read(topic: Topic): Promise<void> {
    topic.reading = true
    while (topic.again && topic.subscribers.size > 0) {
      topic.again = false
      topic.readAt = performance.now()
      const reading = await this.#look(topic)
      for (const subscriber of topic.subscribers) subscriber.onReading(reading)
    }
    topic.reading = false
  }

  async #look(topic: Topic): Promise<Reading> {
    try {
      topic.last = await this.#sources.lookUp.one(topic.operation, topic.id)
      return topic.last ? { kind: 'status', status: topic.last.status } : { kind: 'unknown' }
    } catch (fault) {
      return { kind: 'failed', error: toConnectorError(fault) }
    }
  }
}

function newTopic(operation: Operation, id: RequestId): Topic {
  return { operation, id, subscribers: new Set(), last: undefined, readAt: 0, reading: false, again: false }
}
