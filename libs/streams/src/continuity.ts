import { ConnectorError } from '@kms-connector/protocol'
import { z } from 'zod'
import type { Broker } from './connection.ts'
import { messageAt } from './lookup.ts'
import { streamIdentity } from './streamIdentity.ts'

export const lastReadSchema = z.object({
  seq: z.number().int().positive(),
  /** Milliseconds since the epoch. */
  storedAt: z.number(),
})

/** The newest message that a reader has taken. */
export type LastRead = Readonly<z.infer<typeof lastReadSchema>>

/** The server tells the time once in nanoseconds, which a number does not hold exactly, and once as text. */
const SAME_MS = 1

/**
 * Looks whether a stream still holds what a reader took last under the same number. One that was set back to an older copy, or
 * that lost its end, goes on counting from there: what is published then has the numbers of what was read, and a reader that
 * goes on behind them never sees it. The length of the stream does not tell, once it is as long as before.
 * @returns the fault CHECKPOINT_INVALID; undefined when all is well, or the message has expired
 * @param signal ends the waiting for a broker that is away, in place of 30 s
 * @throws ConnectorError BROKER_UNAVAILABLE, or the reason of the signal
 */
export async function continuityFault(
  broker: Broker,
  stream: string,
  { seq, storedAt }: LastRead,
  signal?: AbortSignal,
): Promise<ConnectorError | undefined> {
  const fault = (detail: string) => new ConnectorError('CHECKPOINT_INVALID', `${stream}: ${detail}`, { stream, seq })
  const message = await messageAt(broker, stream, seq, signal)
  if (!message) {
    const { lastSeq } = await streamIdentity(broker, stream, signal)
    return lastSeq < seq ? fault(`ends at ${lastSeq}, and ${seq} was read`) : undefined
  }
  if (Math.abs(message.storedAt - storedAt) <= SAME_MS) return undefined
  const times = [message.storedAt, storedAt].map(time => new Date(time).toISOString())
  return fault(`message ${seq} was stored at ${times[0]}, the one that was read at ${times[1]}`)
}
