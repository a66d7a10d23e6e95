import { ConnectorError } from '@kms-connector/protocol'
import { isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { untilCertain } from './untilCertain.ts'

/** Which incarnation of a stream this is, and what it holds. */
export interface StreamIdentity {
  readonly stream: string
  /** Time of creation as the server tells it; changes when the stream is deleted and created again. */
  readonly created: string
  /** Sequence of the oldest message kept; one above `lastSeq` when there is none. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly messages: number
  readonly bytes: number
}

/** Where a reader of a stream stopped: everything up to and including `seq` is settled. */
export interface Checkpoint {
  readonly seq: number
  readonly created: string
}

/**
 * @param signal ends the waiting for a broker that is away, in place of 30 s
 * @throws ConnectorError BROKER_UNAVAILABLE, also when the stream does not exist; the reason of the signal
 */
export function streamIdentity(broker: Broker, stream: string, signal?: AbortSignal): Promise<StreamIdentity> {
  const attempt = async () => {
    try {
      const { created, state } = await broker.manager.streams.info(stream)
      const { first_seq: firstSeq, last_seq: lastSeq, messages, bytes } = state
      return { stream, created, firstSeq: messages === 0 ? lastSeq + 1 : firstSeq, lastSeq, messages, bytes }
    } catch (fault) {
      if (isStreamMissing(fault))
        throw new ConnectorError('BROKER_UNAVAILABLE', `${stream} does not exist`, { stream, missing: true })
      throw fault
    }
  }
  return untilCertain(stream, attempt, signal)
}

/**
 * Checks that reading on behind a checkpoint skips nothing. A consumer that starts beyond the end just waits, and one
 * that starts before the oldest message jumps, both without a word; so a stream that was recreated, restored from an
 * older copy or trimmed past the checkpoint has to be found here.
 * @returns the fault CHECKPOINT_INVALID for an operator, undefined when the checkpoint fits
 */
export function checkpointFault(checkpoint: Checkpoint, identity: StreamIdentity): ConnectorError | undefined {
  const { stream, created, firstSeq, lastSeq } = identity
  const fault = (detail: string) =>
    new ConnectorError('CHECKPOINT_INVALID', `${stream}: ${detail}`, {
      stream,
      seq: checkpoint.seq,
      firstSeq,
      lastSeq,
    })
  if (checkpoint.created !== created) {
    return fault(`created ${created}, the checkpoint is of the one created ${checkpoint.created}`)
  }
  if (checkpoint.seq > lastSeq) return fault(`ends at ${lastSeq}, before the checkpoint ${checkpoint.seq}`)
  if (firstSeq > checkpoint.seq + 1) {
    return fault(`begins at ${firstSeq}, messages behind the checkpoint ${checkpoint.seq} are gone`)
  }
  return undefined
}
