import type { RawLog } from '@kms-connector/gateway'
import { ConnectorError, encodeBody, encodeRequest, type Request } from '@kms-connector/protocol'
import type { Logger } from '@kms-connector/service-kit'
import {
  type Broker,
  DEAD_LETTERS,
  deadReason,
  deadSubject,
  newestMessage,
  type PublishStall,
  publishDeadLetter,
} from '@kms-connector/streams'
import type { ListenerMetrics } from './metrics.ts'

export interface BuryDependencies {
  readonly broker: Broker
  /** Keys of letters that are certain to be stored; the overlap brings the same logs again and again. */
  readonly buried: Set<string>
  readonly metrics: ListenerMetrics
  readonly logger: Logger
}

export interface BuryOptions {
  readonly signal: AbortSignal
  readonly onStalled: (stall: PublishStall) => void
}

const STAGE = 'gw-listener'
/** Letters that are remembered; one that was forgotten costs a look at the stream. */
const REMEMBERED = 10_000
/** Bytes of a body above which only its head is kept: a letter has a limit too, and nothing else says where a log is. */
const LARGEST_BODY = 512 * 1024
/** Hex digits that are kept of log data that is too large for a letter: its head; the chain has the rest. */
const DATA_KEPT = 2_000

/** Keeps a log that cannot become a request: it is undecodable, or too large for its stream. */
export async function buryLog(
  dependencies: BuryDependencies,
  log: RawLog,
  operation: string,
  error: ConnectorError,
  options: BuryOptions,
): Promise<void> {
  const key = `${log.transactionHash.slice(2)}-${log.logIndex}`
  const stored = await bury(dependencies, { operation, key, log, body: encodeBody({ v: 1, log }) }, error, options)
  if (stored) dependencies.metrics.undecodable.inc({ operation })
}

/** Keeps a request whose id was published before with another payload. */
export async function buryConflict(
  dependencies: BuryDependencies,
  log: RawLog,
  request: Request,
  options: BuryOptions,
): Promise<void> {
  const { operation, id } = request
  const { blockHash, transactionHash } = log
  const facts = { requestId: id, blockHash, transactionHash }
  const error = new ConnectorError('REQUEST_CONFLICT', `${operation.name} ${id} came again with another payload`, facts)
  const letter = {
    operation: operation.name,
    key: `${id}-${blockHash.slice(2, 34)}`,
    log,
    body: encodeRequest(request),
  }
  const stored = await bury(dependencies, letter, error, options)
  if (stored) dependencies.metrics.conflicts.inc({ operation: operation.name })
}

interface Letter {
  readonly operation: string
  readonly key: string
  readonly log: RawLog
  readonly body: Uint8Array
}

/** @returns whether this is news; a letter that is on the stream already is not stored again */
async function bury(
  { broker, buried, logger }: BuryDependencies,
  { operation, key, log, body }: Letter,
  error: ConnectorError,
  options: BuryOptions,
): Promise<boolean> {
  const subject = deadSubject(STAGE, operation, key)
  if (buried.has(subject)) return false
  // The stream forgets ids of messages after minutes, a quiet chain brings the same log for days.
  const known = await newestMessage(broker, DEAD_LETTERS, subject)
  const letter = { ...deadReason(error), stage: STAGE, operation, key, source: undefined, headers: {}, history: [] }
  const fitting = body.length > LARGEST_BODY ? headOf(log) : body
  const result = known ? 'duplicate' : await publishDeadLetter(broker, { ...letter, body: fitting }, options)
  if (buried.size >= REMEMBERED) buried.clear()
  buried.add(subject)
  if (result === 'duplicate') return false
  logger.error({ err: error, operation, key }, 'buried a log that cannot become a request')
  return true
}

function headOf(log: RawLog): Uint8Array {
  const dataBytes = log.data.length / 2 - 1
  return encodeBody({ v: 1, log: { ...log, data: log.data.slice(0, 2 + DATA_KEPT) }, dataBytes })
}
