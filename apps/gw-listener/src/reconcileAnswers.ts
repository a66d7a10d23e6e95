import { BODY_VERSION, decodeBody } from '@kms-connector/protocol'
import {
  type Broker,
  DEAD_LETTERS,
  deadSubject,
  KeyValue,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  parseSubject,
  RESPONSES,
  SENDER_BUCKET,
  SubjectFinder,
  scanStream,
  streamIdentity,
} from '@kms-connector/streams'
import { z } from 'zod'
import type { ReconcileCursor } from './reconcileCursor.ts'
import { PAGE } from './reconcileRequests.ts'

/** With so many answers without an outcome no more are read. */
const MOST_MISSING = 1_000
const READS_AT_ONCE = 16

const checkpointSchema = z.object({ v: z.literal(BODY_VERSION), seq: z.number(), created: z.string() })

/** An answer behind the checkpoint of the sender of which nothing says how it ended. */
export interface UnsettledAnswer {
  readonly seq: number
  readonly subject: string
}

interface Answer extends UnsettledAnswer {
  readonly storedAt: number
}

export interface AnswerPass {
  readonly unsettled: readonly UnsettledAnswer[]
  readonly more: boolean
}

/**
 * Looks for answers that the sender says it is through with although no outcome was stored after them. The checkpoint
 * passes an answer only when its outcome is stored, so there should be none.
 */
export class AnswerReconciler {
  readonly #broker: Broker
  readonly #cursor: ReconcileCursor
  readonly #outcomeAgeMs: number
  readonly #outcomes: SubjectFinder
  readonly #unsettled = new Map<number, Answer>()
  #created: string | undefined
  #read = 0

  /** @param outcomeAgeMs how long outcomes are kept; older answers prove nothing */
  constructor(broker: Broker, cursor: ReconcileCursor, outcomeAgeMs: number) {
    this.#broker = broker
    this.#cursor = cursor
    this.#outcomeAgeMs = outcomeAgeMs
    this.#outcomes = new SubjectFinder(broker, OUTCOMES)
  }

  /** One look at the stream. @throws ConnectorError BROKER_UNAVAILABLE */
  async pass(now: number, signal: AbortSignal, keep: boolean): Promise<AnswerPass> {
    const identity = await streamIdentity(this.#broker, RESPONSES)
    const entry = await new KeyValue(this.#broker, SENDER_BUCKET).get('checkpoint', signal)
    const checkpoint = entry && decodeBody(checkpointSchema, entry.value)
    // The sender itself refuses a checkpoint of another stream, and says so.
    if (checkpoint?.created !== identity.created) return { unsettled: [], more: false }
    if (this.#created !== identity.created) {
      this.#unsettled.clear()
      this.#read = await this.#cursor.load(identity, signal)
      this.#created = identity.created
    }
    const page = await this.#readOn(Math.min(checkpoint.seq, identity.lastSeq), signal)
    const doubtful = [...this.#unsettled.values(), ...(await this.#withoutOutcome(page, now, signal))]
    this.#read = page.at(-1)?.seq ?? this.#read
    this.#unsettled.clear()
    for (let i = 0; i < doubtful.length; i += READS_AT_ONCE) {
      signal.throwIfAborted()
      const some = doubtful.slice(i, i + READS_AT_ONCE)
      const known = await Promise.all(some.map(answer => this.#isAccountedFor(answer, now)))
      for (const [j, answer] of some.entries()) if (!known[j]) this.#unsettled.set(answer.seq, answer)
    }
    const done = Math.min(this.#read, ...[...this.#unsettled.keys()].map(seq => seq - 1))
    if (keep) await this.#cursor.store(done, identity, signal)
    return { unsettled: [...this.#unsettled.values()], more: page.length === PAGE }
  }

  async #readOn(toSeq: number, signal: AbortSignal): Promise<readonly Answer[]> {
    const page: Answer[] = []
    if (this.#unsettled.size >= MOST_MISSING) return page
    const range = { stream: RESPONSES, fromSeq: this.#read + 1, toSeq, headersOnly: true, signal }
    for await (const { seq, subject, storedAt } of scanStream(this.#broker, range)) {
      page.push({ seq, subject, storedAt })
      if (page.length === PAGE) break
    }
    return page
  }

  /** Nearly every answer has its outcome a little later in the other stream: what is left is asked about one by one. */
  async #withoutOutcome(page: readonly Answer[], now: number, signal: AbortSignal): Promise<readonly Answer[]> {
    const proven = page.filter(({ storedAt }) => now - storedAt < this.#outcomeAgeMs)
    const [first] = proven
    if (!first) return []
    const subjects = new Set(proven.flatMap(answer => outcomeOf(answer) ?? []))
    const outcomes = await this.#outcomes.find({ subjects, since: first.storedAt, signal })
    return proven.filter(answer => (outcomes.get(outcomeOf(answer) ?? '') ?? 0) < answer.storedAt)
  }

  /** An outcome that was stored after the answer is about it; one that is no answer has a letter instead. */
  async #isAccountedFor(answer: Answer, now: number): Promise<boolean> {
    const { seq, storedAt } = answer
    if (now - storedAt >= this.#outcomeAgeMs) return true
    const subject = outcomeOf(answer)
    if (subject !== undefined) {
      const outcome = await newestMessage(this.#broker, OUTCOMES, subject)
      if (outcome && outcome.storedAt >= storedAt) return true
    }
    const letter = deadSubject('tx-sender', 'unknown', `${RESPONSES}-${seq}`)
    return (await newestMessage(this.#broker, DEAD_LETTERS, letter)) !== undefined
  }
}

/** Subject of the outcome of an answer; undefined for what is no answer. */
function outcomeOf({ subject }: Answer): string | undefined {
  const parts = parseSubject(subject)
  return parts && outcomeSubject({ name: parts.operation }, parts.id)
}
