import { connect, type JetStreamManager, type NatsConnection } from 'nats'
import type { Observed, StoredMessage } from './observed.ts'

const REQUEST_STREAMS = ['PUBLIC_DECRYPTION', 'USER_DECRYPTION'] as const
const READ_AT_ONCE = 64
/** Headers by which the key-value convention marks a key that is gone. */
const GONE = new Set(['DEL', 'PURGE'])

/** Reads every stream and bucket, message by message, with nothing but the client of the broker. */
export async function readStreams(natsUrl: string): Promise<Pick<Observed, 'streams' | 'buckets'>> {
  const connection = await connect({ servers: natsUrl, maxReconnectAttempts: 20, timeout: 10_000 })
  try {
    const manager = await connection.jetstreamManager({ timeout: 10_000 })
    const requests = await Promise.all(REQUEST_STREAMS.map(stream => readAll(manager, stream)))
    return {
      streams: {
        requests: requests.flat(),
        responses: await readAll(manager, 'RESPONSES'),
        outcomes: await readAll(manager, 'OUTCOMES'),
        deadLetters: await readAll(manager, 'DEAD_LETTERS'),
        responsesCreated: String((await manager.streams.info('RESPONSES')).created),
      },
      buckets: {
        slots: newest(await readAll(manager, 'KV_tx_slots')),
        cursors: newest(await readAll(manager, 'KV_last_block_polled')),
        sender: newest(await readAll(manager, 'KV_sender')),
      },
    }
  } finally {
    await close(connection)
  }
}

/** How many messages streams hold, for a look that costs little. */
export async function countMessages(natsUrl: string, streams: readonly string[]): Promise<number[]> {
  const connection = await connect({ servers: natsUrl, timeout: 10_000 })
  try {
    const manager = await connection.jetstreamManager({ timeout: 10_000 })
    return await Promise.all(streams.map(async stream => (await manager.streams.info(stream)).state.messages))
  } finally {
    await close(connection)
  }
}

interface Read extends StoredMessage {
  readonly gone: boolean
}

async function readAll(manager: JetStreamManager, stream: string): Promise<Read[]> {
  const { first_seq, last_seq } = (await manager.streams.info(stream)).state
  const messages: Read[] = []
  // Sequences begin at 1; a stream that never held anything begins at 0.
  for (let from = Math.max(1, first_seq); from <= last_seq; from += READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, last_seq - from + 1)
    const some = await Promise.all(Array.from({ length: count }, (_, n) => readOne(manager, stream, from + n)))
    messages.push(...some.filter(message => message !== undefined))
  }
  return messages
}

async function readOne(manager: JetStreamManager, stream: string, seq: number): Promise<Read | undefined> {
  try {
    const { subject, data, header } = await manager.streams.getMessage(stream, { seq })
    return { subject, seq, body: parsed(data), gone: GONE.has(header?.get('KV-Operation') ?? '') }
  } catch (fault) {
    // Removed: by a purge, or because a newer one took its place.
    if (fault instanceof Error && /no message found|not found/i.test(fault.message)) return undefined
    throw fault
  }
}

/** The last value of each key that is there. */
function newest(revisions: readonly Read[]): Read[] {
  const keys = new Map<string, Read>()
  for (const revision of revisions) keys.set(revision.subject, revision)
  return [...keys.values()].filter(({ gone }) => !gone)
}

function parsed(data: Uint8Array): StoredMessage['body'] {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined // CAST: an object
  } catch {
    return undefined
  }
}

async function close(connection: NatsConnection): Promise<void> {
  await connection.close()
}
