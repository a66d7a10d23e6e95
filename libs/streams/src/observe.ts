import { ConnectorError, type RequestId } from '@kms-connector/protocol'
import { isConsumerMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { type OperationName, requestSubject, responseSubject } from './names.ts'
import { untilCertain } from './untilCertain.ts'

/** How far a durable consumer has come, by sequence numbers of its stream. */
export interface ConsumerPosition {
  /** Highest sequence that was ever delivered. */
  readonly deliveredSeq: number
  /** Everything up to here is acknowledged or terminated. */
  readonly ackFloorSeq: number
  /** Messages not delivered yet. */
  readonly waiting: number
  /** Messages delivered and neither acknowledged nor terminated. */
  readonly held: number
}

/**
 * Reads where a durable consumer is. Delivers nothing and changes nothing.
 * @returns undefined when the stream has no such consumer
 * @throws ConnectorError BROKER_UNAVAILABLE, also when the stream does not exist
 */
export function consumerPosition(
  broker: Broker,
  stream: string,
  consumer: string,
): Promise<ConsumerPosition | undefined> {
  return untilCertain(stream, async () => {
    try {
      const info = await broker.manager.consumers.info(stream, consumer)
      return {
        deliveredSeq: info.delivered.stream_seq,
        ackFloorSeq: info.ack_floor.stream_seq,
        waiting: info.num_pending,
        held: info.num_ack_pending,
      }
    } catch (fault) {
      if (isConsumerMissing(fault)) return undefined
      throw missing(stream, fault)
    }
  })
}

/** @returns the wildcard of all forced re-runs of a request, without the request itself */
export function rerunSubjects(operation: Pick<OperationName, 'name'>, id: RequestId): string {
  return `${requestSubject(operation, id)}.*`
}

/** @returns the wildcard of all replays of an answer, without the answer itself */
export function answerReplaySubjects(operation: Pick<OperationName, 'name'>, id: RequestId): string {
  return `${responseSubject(operation, id)}.*`
}

/** @returns the wildcard of the dead letters of a request, of every stage */
export function burialSubjects(operation: Pick<OperationName, 'name'>, id: RequestId): string {
  return `kms.dead.*.${operation.name}.${id}`
}

/** @returns the stream behind a key-value bucket */
export function bucketStream(bucket: string): string {
  return `KV_${bucket}`
}

/**
 * Lists the subjects that a stream holds messages of. The filter decides how many that are: keep it narrow, such as all
 * re-runs of one request.
 * @param filter subject with wildcards
 * @returns in no particular order
 * @throws ConnectorError BROKER_UNAVAILABLE, also when the stream does not exist
 */
export function subjectsMatching(broker: Broker, stream: string, filter: string): Promise<readonly string[]> {
  return untilCertain(stream, async () => {
    try {
      const { state } = await broker.manager.streams.info(stream, { subjects_filter: filter })
      return Object.keys(state.subjects ?? {})
    } catch (fault) {
      throw missing(stream, fault)
    }
  })
}

function missing(stream: string, fault: unknown): unknown {
  if (!isStreamMissing(fault)) return fault
  return new ConnectorError('BROKER_UNAVAILABLE', `${stream} does not exist`, { stream })
}
