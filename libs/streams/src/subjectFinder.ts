import type { Broker } from './connection.ts'
import { scanStream } from './scanStream.ts'

export interface FindOptions {
  /** Subjects to look for. */
  readonly subjects: ReadonlySet<string>
  /** When the oldest of them can have been stored, milliseconds since the epoch. */
  readonly since: number
  readonly signal?: AbortSignal
}

/** Fewer subjects are asked for one by one: a scan takes several questions to begin and to end. */
const WORTH_A_SCAN = 16
/** A message that passes by costs a tenth of a question about a subject: reading foreign ones pays up to here. */
const READ_FOR_EACH = 8
/** Clocks of the servers that store two streams may differ by so much, milliseconds. More of it costs questions, nothing else. */
const CLOCKS_DIFFER_MS = 100

/**
 * Finds the messages that follow those of another stream in about the same order, such as the answers of requests: the part of
 * the stream where they should be is read once, instead of one question for each.
 */
export class SubjectFinder {
  readonly #broker: Broker
  readonly #stream: string
  /** The middle of what was found last: what is looked for next follows it. */
  #reached: { readonly seq: number; readonly storedAt: number } | undefined

  constructor(broker: Broker, stream: string) {
    this.#broker = broker
    this.#stream = stream
  }

  /**
   * @returns when the newest message that was seen of each subject was stored. A subject that is missing may be in the stream
   *   all the same: reading ends with the last subject found, or after eight messages for each that is looked for
   * @throws ConnectorError BROKER_UNAVAILABLE; the reason of `signal`
   */
  async find({ subjects, since, signal }: FindOptions): Promise<ReadonlyMap<string, number>> {
    const times = new Map<string, number>()
    if (subjects.size < WORTH_A_SCAN) return times
    const found: { seq: number; storedAt: number }[] = []
    let left = READ_FOR_EACH * subjects.size
    const reached = this.#reached
    const begin =
      reached && reached.storedAt >= since ? { fromSeq: reached.seq } : { fromTime: since - CLOCKS_DIFFER_MS }
    const range = { stream: this.#stream, ...begin, headersOnly: true, ...(signal ? { signal } : {}) }
    for await (const { seq, subject, storedAt } of scanStream(this.#broker, range)) {
      if (subjects.has(subject)) {
        times.set(subject, storedAt)
        found.push({ seq, storedAt })
      }
      if (times.size === subjects.size || --left === 0) break
    }
    this.#reached = found[Math.floor(found.length / 2)]
    return times
  }
}
