import { type DecodedLog, decodeLog, type RawLog } from '@kms-connector/gateway'
import {
  ConnectorError,
  encodeRequest,
  isRequestId,
  type Operation,
  type OperationTable,
  type Request,
  requestIdType,
} from '@kms-connector/protocol'
import type { Limit, Span, Tracing } from '@kms-connector/service-kit'
import {
  messageId,
  newestMessage,
  newTrace,
  type PublishStall,
  publishOnce,
  requestStream,
  requestSubject,
  traceHeaders,
} from '@kms-connector/streams'
import { type BuryDependencies, buryConflict, buryLog } from './buryLog.ts'
import { conflictOf } from './conflict.ts'
import type { Turn } from './groupListener.ts'
import type { Sighting } from './recentRequests.ts'
import type { SeenRequests } from './seenRequests.ts'

export interface PublishDependencies extends BuryDependencies {
  readonly table: OperationTable
  readonly chainId: number
  readonly tracing: Tracing
  readonly seen: SeenRequests
  readonly limit: Limit
  /** Asked before every attempt, for whoever has cursors: @returns what to call with the number on the stream */
  readonly watchPlace?: (operation: Operation) => (seq: number) => void
}

/**
 * Publishes the requests of a range of logs, in log order, and returns when every one of them is certain to be on its
 * stream. Only then may the cursor move. Logs are decoded when it is their turn: a range can hold very many.
 * @returns what was seen, in log order: published now or before, or buried
 * @throws the reason of the signal; then nothing is known about the last ones, and publishing them again is harmless
 */
export async function publishLogs(
  dependencies: PublishDependencies,
  logs: readonly RawLog[],
  turn: Turn,
): Promise<readonly Sighting[]> {
  const { limit, table, chainId } = dependencies
  const readAt = Date.now()
  const sightings: (Sighting | undefined)[] = []
  const publish = async (log: RawLog, place: number) => {
    const decoded = decodeLog(table, chainId, log)
    await publishLog(dependencies, log, decoded, readAt, turn)
    turn.beat()
    sightings[place] = sightingOf(table, log, decoded)
  }
  const waiting = logs.entries()
  // As many as may run, and none for each log: what waits for its turn would be held in memory twice.
  const lane = async () => {
    for (const [place, log] of waiting) await limit.run(() => publish(log, place), turn.signal)
  }
  const lanes = Array.from({ length: Math.min(limit.concurrency, logs.length) }, lane)
  const failed = (await Promise.allSettled(lanes)).find(result => result.status === 'rejected')
  if (failed) throw failed.reason
  return sightings.filter(sighting => sighting !== undefined)
}

/** Which request a log stands for. One that could not be decoded names it all the same, where the id is indexed. */
function sightingOf(table: OperationTable, log: RawLog, decoded: DecodedLog): Sighting | undefined {
  const { blockNumber: block, blockHash } = log
  if (decoded.kind === 'request') {
    const { operation, id } = decoded.request
    return { operation, id, block, blockHash }
  }
  const [topic, second] = log.topics
  const operation = topic && table.ofTopic(topic)
  const id = second?.slice(2)
  if (!operation || id === undefined || !isRequestId(id) || requestIdType(id) !== operation.idType) return undefined
  return { operation, id, block, blockHash }
}

async function publishLog(
  dependencies: PublishDependencies,
  log: RawLog,
  decoded: DecodedLog,
  readAt: number,
  turn: Turn,
): Promise<void> {
  const options = { signal: turn.signal, onStalled: (stall: PublishStall) => onStalled(dependencies, stall, turn) }
  if (decoded.kind === 'foreign') return
  if (decoded.kind === 'undecodable') return buryLog(dependencies, log, decoded.operationName, decoded.error, options)
  const { request } = decoded
  switch (dependencies.seen.look(request)) {
    case 'seen':
      return
    case 'conflict':
      return buryConflict(dependencies, log, request, options)
    case 'new':
      await publishRequest(dependencies, log, request, readAt, options)
  }
}

interface Waiting {
  readonly signal: AbortSignal
  readonly onStalled: (stall: PublishStall) => void
}

async function publishRequest(
  dependencies: PublishDependencies,
  log: RawLog,
  request: Request,
  readAt: number,
  waiting: Waiting,
): Promise<void> {
  const { broker, seen, metrics, logger } = dependencies
  const { operation, id, origin } = request
  const span = requestSpan(dependencies.tracing, request, readAt)
  const trace = span.context ?? newTrace()
  const watchPlace = () => dependencies.watchPlace?.(operation) ?? (() => undefined)
  const options = { msgId: messageId(id), headers: traceHeaders(trace, id), watchPlace, ...waiting }
  let result: Awaited<ReturnType<typeof publishOnce>>
  try {
    result = await publishOnce(broker, requestSubject(operation, id), encodeRequest(request), options)
  } catch (fault) {
    // Whoever made the request chose its size; the requests beside it must not wait for ever.
    const tooLarge = fault instanceof ConnectorError && fault.code === 'MESSAGE_TOO_LARGE'
    if (tooLarge) return buryLog(dependencies, log, operation.name, fault, waiting)
    throw fault
  }
  if (result === 'duplicate' && (await isConflict(dependencies, request)))
    return buryConflict(dependencies, log, request, waiting)
  seen.remember(request)
  if (result === 'duplicate') {
    metrics.duplicates.inc({ operation: operation.name })
    return
  }
  // The span of a duplicate is never ended: its request has the trace of whoever published it first.
  span.end()
  metrics.published.inc({ operation: operation.name })
  if (origin.blockTimestamp !== undefined) {
    metrics.publishLag.observe({ operation: operation.name }, Math.max(0, Date.now() / 1000 - origin.blockTimestamp))
  }
  const fields = { request_id: id, operation: operation.name, trace_id: trace.traceId, block: origin.blockNumber }
  logger.info(fields, 'published a request')
}

/** The root of the trace of a request. */
function requestSpan(tracing: Tracing, { operation, id, origin }: Request, readAt: number): Span {
  const attributes = {
    'kms.request_id': id,
    'kms.operation': operation.name,
    'kms.block_number': origin.blockNumber,
    'kms.transaction_hash': origin.transactionHash,
  }
  return tracing.span('publish request', { attributes, startedAt: readAt })
}

/** A subject that was taken may hold another payload under the same id. */
async function isConflict({ broker, table }: PublishDependencies, request: Request): Promise<boolean> {
  const stored = await newestMessage(
    broker,
    requestStream(request.operation),
    requestSubject(request.operation, request.id),
  )
  return stored !== undefined && conflictOf(table, stored.body, request)
}

/** Waiting for the broker is work: a full stream is not the fault of this process. */
function onStalled({ metrics, logger }: PublishDependencies, stall: PublishStall, turn: Turn): void {
  turn.beat()
  metrics.stalls.inc({ code: stall.error.code })
  const { error, waiting, waitedMs } = stall
  if (stall.news) logger.warn({ err: error, waiting, waited_ms: Math.round(waitedMs) }, 'waited for the broker')
}
