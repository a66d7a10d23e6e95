import { randomUUID } from 'node:crypto'
import { ConnectorError } from '@kms-connector/protocol'
import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg, ReplayPolicy } from 'nats'
import { backOff } from './backoff.ts'
import { faultText, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { deliveryOf } from './delivery.ts'
import type { StoredMessage } from './lookup.ts'
import { beforeSilence, untilSilence } from './silence.ts'
import { streamIdentity } from './streamIdentity.ts'

export interface ScanOptions {
  readonly stream: string
  /** First sequence to read; 1 when left out. */
  readonly fromSeq?: number
  /** First time of storing to read, milliseconds since the epoch, in place of a sequence number. */
  readonly fromTime?: number
  /** Last sequence to read; what the stream ends with now when left out. */
  readonly toSeq?: number
  /** Only subjects that match this wildcard. */
  readonly filter?: string
  /** Leaves the bodies at the broker: they come empty. */
  readonly headersOnly?: boolean
  /** Ends the scan with its reason. */
  readonly signal?: AbortSignal
}

const WINDOW = 256
const PULL_MS = 5_000
const HEARTBEAT_MS = 1_000
/** JetStream durations are nanoseconds. The server forgets an abandoned scan after this long. */
const INACTIVE_NS = 30_000 * 1_000_000
/** A scan that gets no message for this long, milliseconds, gives up. */
const PATIENCE_MS = 30_000

/**
 * Reads a part of a stream in order, every message once, and ends where the stream ended when it began. At most 256 messages
 * are on their way at once, whatever the stream holds. Takes nothing from anybody and acknowledges nothing: the consumer lives
 * in the memory of the server and vanishes by itself. An interruption is repaired by reading on behind the last message.
 * @throws ConnectorError BROKER_UNAVAILABLE, also when the stream does not exist; the reason of `signal`
 */
export async function* scanStream(broker: Broker, options: ScanOptions): AsyncGenerator<StoredMessage> {
  const { stream, signal } = options
  const toSeq = options.toSeq ?? (await streamIdentity(broker, stream)).lastSeq
  let begin: Beginning = { seq: Math.max(1, options.fromSeq ?? 1), time: options.fromTime }
  let progressAt = performance.now()
  for (let failures = 0; begin.seq <= toSeq; ) {
    signal?.throwIfAborted()
    try {
      for await (const message of scanOnce(broker, options, begin, toSeq)) {
        signal?.throwIfAborted()
        begin = { seq: message.seq + 1, time: undefined }
        failures = 0
        yield message
        progressAt = performance.now()
      }
      return
    } catch (fault) {
      signal?.throwIfAborted()
      if (isStreamMissing(fault)) throw new ConnectorError('BROKER_UNAVAILABLE', `${stream} does not exist`, { stream })
      const tooLong = performance.now() - progressAt > PATIENCE_MS
      if (fault instanceof ConnectorError || tooLong || broker.connection.isClosed()) {
        throw new ConnectorError('BROKER_UNAVAILABLE', `reading ${stream}: ${faultText(fault)}`, { stream }, fault)
      }
    }
    await backOff(failures++, 50, 1_000, signal)
  }
}

/** Where reading begins: at a time when one is given and nothing is read yet, else at a sequence number. */
interface Beginning {
  readonly seq: number
  readonly time: number | undefined
}

function startOf({ seq, time }: Beginning) {
  if (time === undefined) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: seq }
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(time).toISOString() }
}

/** Returns at the end of the scan. @throws Error when reading was interrupted and has to begin anew behind the last message */
async function* scanOnce(
  broker: Broker,
  { stream, filter, headersOnly = false }: ScanOptions,
  begin: Beginning,
  toSeq: number,
): AsyncGenerator<StoredMessage> {
  const created = await broker.manager.consumers.add(stream, {
    // Named, so that permissions can tell a scan from the consumer of the workers.
    name: `scan-${randomUUID()}`,
    ack_policy: AckPolicy.None,
    ...startOf(begin),
    replay_policy: ReplayPolicy.Instant,
    headers_only: headersOnly,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_NS,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  })
  try {
    const consumer = await beforeSilence(broker.jetstream.consumers.get(stream, created.name))
    let waiting = created.num_pending
    let delivered = 0
    while (waiting > 0) {
      for (const message of await window(consumer, Math.min(WINDOW, waiting))) {
        // Lost on the way, such as with a connection: the server does not send it again.
        if (message.info.deliverySequence !== ++delivered) throw new Error('a message was lost on its way')
        const { seq, subject, body, headers, firstStoredAt } = deliveryOf(message)
        if (seq > toSeq) return
        waiting = message.info.pending
        yield { stream, seq, subject, body, headers, storedAt: firstStoredAt }
      }
    }
  } finally {
    // Without this the server would do it by itself later.
    if (!broker.connection.isClosed()) broker.manager.consumers.delete(stream, created.name).catch(() => {})
  }
}

/** One pull, with one timer for all of it: a timer for each message costs a tenth of a scan. */
async function window(consumer: Consumer, size: number): Promise<readonly JsMsg[]> {
  const pull = consumer.fetch({ max_messages: size, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS })
  const messages = await beforeSilence(pull)
  const read: JsMsg[] = []
  try {
    await untilSilence(async heard => {
      for await (const message of messages) {
        heard()
        read.push(message)
      }
    })
  } finally {
    void messages.close()
  }
  if (read.length === 0) throw new Error('nothing arrived although messages wait')
  return read
}
