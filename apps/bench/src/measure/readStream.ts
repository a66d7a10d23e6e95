import type { NatsConnection } from 'nats'

/** A message of a stream with the time at which the broker stored it. */
export interface Stored {
  readonly subject: string
  readonly body: Uint8Array
  /** Milliseconds since the epoch. */
  readonly storedAt: number
}

const AHEAD = 4_096
const NS_A_MS = 1_000_000

/**
 * Reads everything that a stream holds now.
 * @param headersOnly leaves the bodies at the broker
 */
export async function readStream(connection: NatsConnection, stream: string, headersOnly = false): Promise<Stored[]> {
  const { state } = await (await connection.jetstreamManager()).streams.info(stream)
  if (state.messages === 0) return []
  const consumer = await connection.jetstream().consumers.get(stream, { headers_only: headersOnly })
  const messages = await consumer.consume({ max_messages: AHEAD })
  const read: Stored[] = []
  for await (const { subject, data, info, seq } of messages) {
    read.push({ subject, body: data.slice(), storedAt: info.timestampNanos / NS_A_MS })
    if (seq >= state.last_seq) break
  }
  await messages.close()
  return read
}
