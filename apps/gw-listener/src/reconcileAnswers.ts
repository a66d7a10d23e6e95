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
  type StoredMessage,
  scanStream,
  streamIdentity,
} from '@kms-connector/streams'
import { z } from 'zod'
import type { ReconcileCursor } from './reconcileCursor.ts'
import { PAGE } from './reconcileRequests.ts'

/** Answers without an outcome that are remembered at most. */
const MOST_MISSING = 1_000

const checkpointSchema = z.object({ v: z.literal(BODY_VERSION), seq: z.number(), created: z.string() })

/** An answer behind the checkpoint of the sender of which nothing says how it ended. */
export interface UnsettledAnswer {
  readonly seq: number
  readonly subject: string
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
  readonly #unsettled = new Map<number, StoredMessage>()
  #created: string | undefined
  #read = 0

  /** @param outcomeAgeMs how long outcomes are kept; older answers prove nothing */
  constructor(broker: Broker, cursor: ReconcileCursor, outcomeAgeMs: number) {
    this.#broker = broker
    this.#cursor = cursor
    this.#outcomeAgeMs = outcomeAgeMs
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
    for (const message of this.#unsettled.values())
      if (await this.#isAccountedFor(message, now)) this.#unsettled.delete(message.seq)
    let count = 0
    const toSeq = Math.min(checkpoint.seq, identity.lastSeq)
    const range = { stream: RESPONSES, fromSeq: this.#read + 1, toSeq, headersOnly: true, signal }
    for await (const message of scanStream(this.#broker, range)) {
      if (count === PAGE || this.#unsettled.size >= MOST_MISSING) break
      count++
      this.#read = message.seq
      if (!(await this.#isAccountedFor(message, now))) this.#unsettled.set(message.seq, message)
    }
    const done = Math.min(this.#read, ...[...this.#unsettled.keys()].map(seq => seq - 1))
    if (keep) await this.#cursor.store(done, identity, signal)
    return { unsettled: [...this.#unsettled.values()], more: count === PAGE }
  }

  /** An outcome that was stored after the answer is about it; one that is no answer has a letter instead. */
  async #isAccountedFor({ seq, subject, storedAt }: StoredMessage, now: number): Promise<boolean> {
    if (now - storedAt >= this.#outcomeAgeMs) return true
    const parts = parseSubject(subject)
    if (parts) {
      const outcome = await newestMessage(this.#broker, OUTCOMES, outcomeSubject({ name: parts.operation }, parts.id))
      if (outcome && outcome.storedAt >= storedAt) return true
    }
    const letter = deadSubject('tx-sender', 'unknown', `${RESPONSES}-${seq}`)
    return (await newestMessage(this.#broker, DEAD_LETTERS, letter)) !== undefined
  }
}
