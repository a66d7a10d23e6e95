import { decodeOutcome, type Operation, type RequestId } from '@kms-connector/protocol'
import {
  type Broker,
  burialSubjects,
  DEAD_LETTERS,
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
import type { Evidence } from './reconcilePlan.ts'

/** There is one stage for each process that can give up. */
const MOST_STAGES = 8

/**
 * Reads what shows how a request went on: first its answer, which nearly all have; the rest only without one.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function readEvidence(broker: Broker, operation: Operation, id: RequestId): Promise<Evidence> {
  const answer = await newestMessage(broker, RESPONSES, responseSubject(operation, id))
  if (answer) return { answered: true, settled: false, diedAt: undefined }
  const outcome = await newestMessage(broker, OUTCOMES, outcomeSubject(operation, id))
  if (outcome && !isDead(outcome)) return { answered: false, settled: true, diedAt: undefined }
  const subjects = await subjectsMatching(broker, DEAD_LETTERS, burialSubjects(operation, id))
  const letters = await Promise.all(subjects.slice(0, MOST_STAGES).map(s => newestMessage(broker, DEAD_LETTERS, s)))
  const times = [outcome, ...letters].flatMap(message => (message ? [message.storedAt] : []))
  return { answered: false, settled: false, diedAt: times.length === 0 ? undefined : Math.max(...times) }
}

/** An outcome of a newer build ended the request, whatever it says. */
function isDead({ body }: StoredMessage): boolean {
  try {
    return decodeOutcome(body).status === 'dead'
  } catch {
    return false
  }
}

/**
 * The newest publication of a request, re-runs included.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function newestRun(
  broker: Broker,
  operation: Operation,
  id: RequestId,
): Promise<StoredMessage | undefined> {
  const stream = requestStream(operation)
  const reruns = await subjectsMatching(broker, stream, rerunSubjects(operation, id))
  const numbers = reruns.flatMap(subject => parseSubject(subject)?.rerun ?? [])
  const rerun = numbers.length === 0 ? undefined : Math.max(...numbers)
  return newestMessage(broker, stream, requestSubject(operation, id, rerun))
}
