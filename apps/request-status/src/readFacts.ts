import {
  ConnectorError,
  decodeOutcome,
  decodeRequest,
  decodeResponse,
  type Operation,
  type OperationTable,
  type RequestId,
} from '@kms-connector/protocol'
import type { Limit } from '@kms-connector/service-kit'
import {
  type Broker,
  burialSubjects,
  DEAD_LETTERS,
  decodeDeadLetter,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  parseSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  rerunSubjects,
  responseSubject,
  type StoredMessage,
  subjectsMatching,
} from '@kms-connector/streams'
import type { Burial, Facts, Run, StoredOutcome, StoredResponse } from './facts.ts'
import type { OpenSlots } from './openSlots.ts'
import type { WorkerPositions } from './workerPositions.ts'

export interface FactSources {
  readonly broker: Broker
  readonly table: OperationTable
  readonly positions: WorkerPositions
  readonly slots: OpenSlots
  /** Ceiling of reads under way at the broker. */
  readonly limit: Limit
  /** See {@link Facts.keptMs}. */
  readonly keptMs: number
}

/** There is one stage for each process that can give up; more names than that are nobody's of ours. */
const MAX_STAGES = 8

/**
 * Reads everything the broker holds about one request. The position of the workers is read first: what they had
 * acknowledged by then had its answer stored before, so the reads that follow find it.
 * @throws ConnectorError BROKER_UNAVAILABLE, QUEUE_FULL; MESSAGE_VERSION_UNKNOWN or MESSAGE_MALFORMED for an outcome that
 *   this build cannot read
 */
export async function readFacts(sources: FactSources, operation: Operation, id: RequestId): Promise<Facts> {
  const { positions, slots, limit, keptMs } = sources
  const workers = await limit.run(() => positions.of(operation))
  const [first, reruns, response, outcome, burials] = await Promise.all([
    newest(sources, requestStream(operation), requestSubject(operation, id)),
    rerunsOf(sources, operation, id),
    newest(sources, RESPONSES, responseSubject(operation, id)),
    outcomeOf(sources, operation, id),
    burialsOf(sources, operation, id),
  ])
  const facts = {
    operation,
    id,
    first: first && runOf(sources, first),
    ...reruns,
    response: response && responseOf(sources, response),
    outcome,
    burials,
    workers,
    slot: undefined,
    readAt: Date.now(),
    keptMs,
  }
  if (!response || outcome) return facts
  const slot = await limit.run(() => slots.find(id))
  // Settled and swept from the ledger between the two reads: then the outcome is there by now.
  return slot ? { ...facts, slot } : { ...facts, outcome: await outcomeOf(sources, operation, id) }
}

function newest({ broker, limit }: FactSources, stream: string, subject: string): Promise<StoredMessage | undefined> {
  return limit.run(() => newestMessage(broker, stream, subject))
}

async function rerunsOf(
  sources: FactSources,
  operation: Operation,
  id: RequestId,
): Promise<Pick<Facts, 'reruns' | 'newestRerun'>> {
  const { broker, limit } = sources
  const stream = requestStream(operation)
  const subjects = await limit.run(() => subjectsMatching(broker, stream, rerunSubjects(operation, id)))
  const numbers = subjects.flatMap(subject => parseSubject(subject)?.rerun ?? [])
  if (numbers.length === 0) return { reruns: 0, newestRerun: undefined }
  const highest = numbers.reduce((a, b) => Math.max(a, b))
  const message = await newest(sources, stream, requestSubject(operation, id, highest))
  return { reruns: numbers.length, newestRerun: message && runOf(sources, message) }
}

async function outcomeOf(
  sources: FactSources,
  operation: Operation,
  id: RequestId,
): Promise<StoredOutcome | undefined> {
  const message = await newest(sources, OUTCOMES, outcomeSubject(operation, id))
  return message && { ...decodeOutcome(message.body), storedAt: message.storedAt }
}

async function burialsOf(sources: FactSources, operation: Operation, id: RequestId): Promise<readonly Burial[]> {
  const { broker, limit } = sources
  const subjects = await limit.run(() => subjectsMatching(broker, DEAD_LETTERS, burialSubjects(operation, id)))
  const messages = await Promise.all(subjects.slice(0, MAX_STAGES).map(s => newest(sources, DEAD_LETTERS, s)))
  return messages.flatMap(message => (message ? [burialOf(message)] : []))
}

function runOf({ table }: FactSources, { seq, storedAt, body }: StoredMessage): Run {
  return { seq, storedAt, origin: readable(() => decodeRequest(table, body).origin) }
}

function responseOf({ table }: FactSources, { storedAt, body }: StoredMessage): StoredResponse {
  const response = readable(() => decodeResponse(table, body))
  return { storedAt, answeredAt: response?.answeredAt ?? storedAt, origin: response?.origin }
}

function burialOf({ subject, storedAt, body }: StoredMessage): Burial {
  const letter = readable(() => decodeDeadLetter(body))
  if (!letter) {
    const stage = parseSubject(subject)?.stage ?? 'unknown'
    const detail = 'this build cannot read the dead letter'
    return { stage, code: 'MESSAGE_VERSION_UNKNOWN', detail, at: storedAt, storedAt, of: 'request' }
  }
  const { stage, code, detail, at, source } = letter
  return { stage, code, detail, at, storedAt, of: source?.stream === RESPONSES ? 'answer' : 'request' }
}

/** A body of another build still shows that there is a message, and when it was stored. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (fault) {
    if (fault instanceof ConnectorError) return undefined
    throw fault
  }
}
