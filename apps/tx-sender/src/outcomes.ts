import { type ConnectorError, encodeOutcome, type Outcome } from '@kms-connector/protocol'
import type { SpanAttributes } from '@kms-connector/service-kit'
import {
  type Delivery,
  deadReason,
  outcomeSubject,
  publishDeadLetter,
  publishOnce,
  traceHeaders,
  traceOf,
} from '@kms-connector/streams'
import type { Sender } from './sender.ts'
import type { InboxEntry } from './senderState.ts'

type Ending = Pick<Outcome, 'status' | 'reason' | 'transactionHash' | 'blockNumber' | 'nonce' | 'attempts' | 'sentAt'>

/** Stores how a request ended; the newest outcome of a request replaces an earlier one. */
export async function publishOutcome(
  sender: Sender,
  entry: InboxEntry,
  ending: Ending,
  signal: AbortSignal,
): Promise<void> {
  const { broker, metrics, logger } = sender.with
  const { delivery } = entry
  const { operation, id, origin, answeredAt } = entry.response
  const settledAt = Date.now()
  const requestedAt = origin.blockTimestamp === undefined ? undefined : origin.blockTimestamp * 1000
  const times = { answeredAt, settledAt, ...(requestedAt === undefined ? {} : { requestedAt }) }
  const trace = traceOf(delivery.headers)
  await sender.traces.step(delivery.seq, 'settle', {}, () =>
    publishOnce(
      broker,
      outcomeSubject(operation, id),
      encodeOutcome({ operation: operation.name, id, ...ending, ...times }),
      {
        // A request can end again, such as after the replay of a dead letter: the same ending is the same message.
        msgId: `${id}.${ending.status}.${ending.transactionHash ?? ''}`,
        headers: trace ? traceHeaders(trace, id) : {},
        signal,
      },
    ),
  )
  sender.traces.closed(delivery.seq, endAttributes(ending))
  metrics.outcomes.inc({ operation: operation.name, status: ending.status })
  metrics.settledSeconds.observe({ operation: operation.name }, Math.max(0, settledAt - answeredAt) / 1000)
  if (requestedAt !== undefined)
    metrics.requestSeconds.observe({ operation: operation.name }, Math.max(0, settledAt - requestedAt) / 1000)
  const fields = { request_id: id, operation: operation.name, trace_id: trace?.traceId, ...ending }
  logger.info(fields, `settled an answer: ${ending.status}`)
}

function endAttributes({ status, transactionHash, nonce }: Ending): SpanAttributes {
  return {
    'kms.status': status,
    ...(transactionHash === undefined ? {} : { 'kms.transaction_hash': transactionHash }),
    ...(nonce === undefined ? {} : { 'kms.nonce': nonce }),
  }
}

/** Keeps an answer that can never be accepted as a dead letter, then its outcome. */
export async function buryAnswer(
  sender: Sender,
  entry: InboxEntry,
  error: ConnectorError,
  attempts: number,
  signal: AbortSignal,
): Promise<void> {
  const { operation, id } = entry.response
  sender.with.logger.error(
    { err: error, request_id: id, operation: operation.name },
    'gave up an answer and kept it as a dead letter',
  )
  await bury(sender, entry.delivery, operation.name, id, error, signal)
  await publishOutcome(sender, entry, { status: 'dead', reason: error.code, attempts }, signal)
}

/** Keeps a message that is no answer as a dead letter. */
export async function buryUnreadable(
  sender: Sender,
  delivery: Delivery,
  error: ConnectorError,
  signal: AbortSignal,
): Promise<void> {
  sender.with.logger.error({ err: error, subject: delivery.subject }, 'buried a message that is no answer')
  await bury(sender, delivery, 'unknown', `${delivery.stream}-${delivery.seq}`, error, signal)
}

async function bury(
  sender: Sender,
  delivery: Delivery,
  operation: string,
  key: string,
  error: ConnectorError,
  signal: AbortSignal,
): Promise<void> {
  const { stream, seq, subject, attempt: attempts, firstStoredAt, headers, body } = delivery
  const source = { stream, seq, subject, attempts, firstStoredAt }
  const letter = { ...deadReason(error), stage: 'tx-sender', operation, key, source, headers, body, history: [] }
  await publishDeadLetter(sender.with.broker, letter, { signal })
}
