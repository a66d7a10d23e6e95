import { decodeOutcome, type Operation, type RequestId } from '@kms-connector/protocol'
import {
  answerReplaySubjects,
  type Broker,
  KeyValue,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  parseSubject,
  RESPONSES,
  requestStream,
  requestSubject,
  rerunSubjects,
  responseSubject,
  SENDER_BUCKET,
  subjectsMatching,
} from '@kms-connector/streams'
import type { ReplayFacts, Run } from './replayPlan.ts'

type OperationName = Pick<Operation, 'name'>

/**
 * Reads what the streams hold about one request: its runs, its answers, its outcome, and where the sender is.
 * @throws ConnectorError BROKER_UNAVAILABLE; MESSAGE_VERSION_UNKNOWN for an outcome of a newer build
 */
export async function readReplayFacts(broker: Broker, operation: OperationName, id: RequestId): Promise<ReplayFacts> {
  const [runs, answers, outcome, checkpoint] = await Promise.all([
    readRuns(broker, requestStream(operation), requestSubject(operation, id), rerunSubjects(operation, id)),
    readRuns(broker, RESPONSES, responseSubject(operation, id), answerReplaySubjects(operation, id)),
    newestMessage(broker, OUTCOMES, outcomeSubject(operation, id)),
    readCheckpoint(broker),
  ])
  return { runs, answers, outcome: outcome && decodeOutcome(outcome.body), checkpoint }
}

async function readRuns(broker: Broker, stream: string, first: string, reruns: string): Promise<readonly Run[]> {
  const subjects = [first, ...(await subjectsMatching(broker, stream, reruns))]
  const messages = await Promise.all(subjects.map(subject => newestMessage(broker, stream, subject)))
  return messages.flatMap(message =>
    message ? [{ rerun: parseSubject(message.subject)?.rerun ?? 0, storedAt: message.storedAt }] : [],
  )
}

/** The checkpoint as the sender writes it, `{"v":1,"seq":...,"created":...}`; one of another build counts as none. */
async function readCheckpoint(broker: Broker): Promise<number | undefined> {
  const entry = await new KeyValue(broker, SENDER_BUCKET).get('checkpoint')
  const seq = /"seq":\s*(\d{1,15})\b/.exec(entry ? Buffer.from(entry.value).toString('utf8') : '')?.[1]
  return seq === undefined ? undefined : Number(seq)
}
