import { ConnectorError } from '@kms-connector/protocol'
import type { MsgRequest } from 'nats'
import { isMessageMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { headerRecord } from './delivery.ts'
import { untilCertain } from './untilCertain.ts'

/** A message as the stream keeps it. Reading it delivers nothing and changes nothing. */
export interface StoredMessage {
  readonly stream: string
  readonly seq: number
  readonly subject: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly storedAt: number
}

/**
 * @returns the newest message of a subject, undefined when the stream holds none
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export function newestMessage(broker: Broker, stream: string, subject: string): Promise<StoredMessage | undefined> {
  return stored(broker, stream, { last_by_subj: subject })
}

/**
 * @returns the message with a sequence number, undefined when the stream does not hold it
 * @param signal ends the waiting for a broker that is away, in place of 30 s
 * @throws ConnectorError BROKER_UNAVAILABLE, or the reason of the signal
 */
export function messageAt(
  broker: Broker,
  stream: string,
  seq: number,
  signal?: AbortSignal,
): Promise<StoredMessage | undefined> {
  return stored(broker, stream, { seq }, signal)
}

async function stored(
  broker: Broker,
  stream: string,
  query: MsgRequest,
  signal?: AbortSignal,
): Promise<StoredMessage | undefined> {
  const attempt = async () => {
    try {
      const { seq, subject, data, header, time } = await broker.manager.streams.getMessage(stream, query)
      return { stream, seq, subject, body: data, headers: headerRecord(header), storedAt: time.getTime() }
    } catch (fault) {
      if (isMessageMissing(fault)) return undefined
      if (isStreamMissing(fault)) throw new ConnectorError('BROKER_UNAVAILABLE', `${stream} does not exist`, { stream })
      throw fault
    }
  }
  return untilCertain(stream, attempt, signal)
}

/** Reads under way at once when several messages are asked for. */
const READS_AT_ONCE = 16

/**
 * The newest messages of a stream, oldest first. Messages that were removed meanwhile are left out.
 * @param count how many sequence numbers to look at
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function newestMessages(broker: Broker, stream: string, count: number): Promise<readonly StoredMessage[]> {
  const { state } = await untilCertain(stream, () => broker.manager.streams.info(stream))
  const first = Math.max(1, state.first_seq, state.last_seq - count + 1)
  const found: StoredMessage[] = []
  for (let seq = first; seq <= state.last_seq; seq += READS_AT_ONCE) {
    const some = Array.from({ length: Math.min(READS_AT_ONCE, state.last_seq - seq + 1) }, (_, i) => seq + i)
    const messages = await Promise.all(some.map(each => messageAt(broker, stream, each)))
    found.push(...messages.filter(message => message !== undefined))
  }
  return found
}
