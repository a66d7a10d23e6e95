import type { Operation, RequestId } from '@kms-connector/protocol'
import {
  type Broker,
  type ConsumerPosition,
  consumerPosition,
  messageId,
  parseSubject,
  publishOnce,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  type StoredMessage,
  type StreamIdentity,
  SubjectFinder,
  scanStream,
  streamIdentity,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import type { ReconcileCursor } from './reconcileCursor.ts'
import { newestRun, readEvidence } from './reconcileEvidence.ts'
import { isDue, type OpenRun, type RequestRun, runStanding, runsToRepeat } from './reconcilePlan.ts'

/** Messages one pass reads on at most. */
export const PAGE = 2_000
/** Unanswered requests that are followed at most. */
const MOST_OPEN = 10_000
const READS_AT_ONCE = 16

export interface ReconcileTerms {
  /** Younger requests are left alone, milliseconds. */
  readonly ageMs: number
  /** Older ones may have been answered so long ago that nothing shows it any more, milliseconds. */
  readonly provenMs: number
}

/** A request that a pass found lost. */
export interface LostRequest extends OpenRun {
  readonly id: RequestId
}

export interface RequestPass {
  readonly lost: readonly LostRequest[]
  /** Unanswered requests that are followed, the lost ones included. */
  readonly open: number
  /** There is more to read at once. */
  readonly more: boolean
}

/**
 * Follows the requests of one operation that are old and unanswered. Reads each message once, without its body, and
 * remembers only what is open.
 */
export class RequestReconciler {
  readonly #broker: Broker
  readonly #operation: Operation
  readonly #cursor: ReconcileCursor
  readonly #terms: ReconcileTerms
  readonly #answers: SubjectFinder
  readonly #open = new Map<RequestId, RequestRun>()
  #created: string | undefined
  #read = 0

  constructor(broker: Broker, operation: Operation, cursor: ReconcileCursor, terms: ReconcileTerms) {
    this.#broker = broker
    this.#operation = operation
    this.#cursor = cursor
    this.#terms = terms
    this.#answers = new SubjectFinder(broker, RESPONSES)
  }

  /**
   * One look at the stream.
   * @param keep false leaves the stored cursor alone
   * @throws ConnectorError BROKER_UNAVAILABLE
   */
  async pass(now: number, signal: AbortSignal, keep: boolean): Promise<RequestPass> {
    const stream = requestStream(this.#operation)
    const identity = await streamIdentity(this.#broker, stream)
    await this.#begin(identity, signal)
    // Before everything else: what was acknowledged by then has its answer by now.
    const position = await consumerPosition(this.#broker, stream, WORKER_CONSUMER)
    const count = await this.#readOn(stream, Math.min(identity.lastSeq, position?.deliveredSeq ?? 0), now, signal)
    const open = await this.#judge(position, now, signal)
    const due = runsToRepeat(open, position?.held ?? 0, this.#terms.ageMs, now)
    const lost: LostRequest[] = []
    for (const each of due) if (await this.#isNewest(each, now)) lost.push(each)
    const done = Math.min(this.#read, ...[...this.#open.values()].map(({ seq }) => seq - 1))
    if (keep) await this.#cursor.store(done, identity, signal)
    return { lost, open: this.#open.size, more: count === PAGE }
  }

  /**
   * Publishes a lost request under its next number. Several listeners that find it publish the same message.
   * @returns the subject, or undefined when the request is not kept any more
   */
  async repeat({ id, run }: LostRequest, signal: AbortSignal): Promise<string | undefined> {
    const newest = await newestRun(this.#broker, this.#operation, id)
    if (!newest || newest.seq !== run.seq) return undefined
    const rerun = run.rerun + 1
    const subject = requestSubject(this.#operation, id, rerun)
    const headers = Object.fromEntries(Object.entries(newest.headers).filter(([name]) => !/^nats-/i.test(name)))
    await publishOnce(this.#broker, subject, newest.body, { msgId: messageId(id, rerun), headers, signal })
    const stored = await newestRun(this.#broker, this.#operation, id)
    if (stored) this.#open.set(id, runOf(stored))
    return subject
  }

  /** A stream that was created anew is read from its beginning. */
  async #begin(identity: StreamIdentity, signal: AbortSignal): Promise<void> {
    if (this.#created === identity.created && this.#read <= identity.lastSeq) return
    this.#open.clear()
    this.#read = await this.#cursor.load(identity, signal)
    this.#created = identity.created
  }

  async #readOn(stream: string, toSeq: number, now: number, signal: AbortSignal): Promise<number> {
    const { ageMs, provenMs } = this.#terms
    const page = new Map<RequestId, RequestRun>()
    let count = 0
    const range = { stream, fromSeq: this.#read + 1, toSeq, headersOnly: true, signal }
    for await (const message of scanStream(this.#broker, range)) {
      if (this.#open.size + page.size >= MOST_OPEN || now - message.storedAt < ageMs) break
      count++
      this.#read = message.seq
      const id = parseSubject(message.subject)?.id
      if (id !== undefined && now - message.storedAt < provenMs) page.set(id, runOf(message))
      if (count === PAGE) break
    }
    const answered = await this.#answered(page, signal)
    for (const [id, run] of page) if (!answered.has(responseSubject(this.#operation, id))) this.#open.set(id, run)
    return count
  }

  /** Nearly every request has its answer a little later in the other stream: what is left is asked about one by one. */
  async #answered(page: ReadonlyMap<RequestId, RequestRun>, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const subjects = new Set(Array.from(page.keys(), id => responseSubject(this.#operation, id)))
    const since = Math.min(...Array.from(page.values(), ({ storedAt }) => storedAt))
    return this.#answers.find({ subjects, since, signal })
  }

  async #judge(position: ConsumerPosition | undefined, now: number, signal: AbortSignal): Promise<LostRequest[]> {
    const open: LostRequest[] = []
    const all = [...this.#open]
    for (let i = 0; i < all.length; i += READS_AT_ONCE) {
      signal.throwIfAborted()
      const some = all.slice(i, i + READS_AT_ONCE)
      const evidence = await Promise.all(some.map(([id]) => readEvidence(this.#broker, this.#operation, id)))
      for (const [j, [id, run]] of some.entries()) {
        const known = evidence[j]
        if (!known) continue
        const standing = runStanding(run, known, position)
        if (standing === 'done' || now - run.storedAt >= this.#terms.provenMs) this.#open.delete(id)
        else open.push({ id, run, standing })
      }
    }
    return open
  }

  /** A re-run that was published meanwhile, by whomever, takes the place of what was found. */
  async #isNewest({ id, run }: LostRequest, now: number): Promise<boolean> {
    const newest = await newestRun(this.#broker, this.#operation, id)
    if (!newest) return false
    if (newest.seq !== run.seq) this.#open.set(id, runOf(newest))
    return newest.seq === run.seq && isDue(run, this.#terms.ageMs, now)
  }
}

function runOf({ seq, subject, storedAt }: StoredMessage): RequestRun {
  return { seq, rerun: parseSubject(subject)?.rerun ?? 0, storedAt }
}
