import { DeliverPolicy, type NatsConnection } from 'nats'

/** A message of a stream with the time at which the broker stored it. */
export interface Stored {
  readonly subject: string
  readonly body: Uint8Array
  /** Milliseconds since the epoch. */
  readonly storedAt: number
}

const AHEAD = 4_096
const NS_A_MS = 1_000_000

export interface ReadOptions {
  /** Leaves the bodies at the broker. */
  readonly headersOnly?: boolean
  /** Sequence to begin with; the first when left out. */
  readonly fromSeq?: number
}

/** Reads what a stream holds now. */
export async function readStream(
  connection: NatsConnection,
  stream: string,
  { headersOnly = false, fromSeq = 1 }: ReadOptions = {},
): Promise<Stored[]> {
  const { state } = await (await connection.jetstreamManager()).streams.info(stream)
  if (state.last_seq < fromSeq) return []
  const consumer = await connection.jetstream().consumers.get(stream, {
    headers_only: headersOnly,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: fromSeq,
  })
  const messages = await consumer.consume({ max_messages: AHEAD })
  const read: Stored[] = []
  for await (const { subject, data, info, seq } of messages) {
    read.push({ subject, body: data.slice(), storedAt: info.timestampNanos / NS_A_MS })
    if (seq >= state.last_seq) break
  }
  await messages.close()
  return read
}
