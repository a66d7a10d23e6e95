import { ConnectorError } from '@kms-connector/protocol'
import { headers } from 'nats'
import { backOff } from './backoff.ts'
import { faultText, type PublishFault, publishFault } from './brokerError.ts'
import type { Broker } from './connection.ts'

export interface PublishOptions {
  /** `Nats-Msg-Id`: makes retries within two minutes cheap; the subject is what deduplicates for ever. */
  readonly msgId: string
  readonly headers?: Readonly<Record<string, string>>
  /** Gives up waiting. The message may or may not be stored then. */
  readonly signal?: AbortSignal
  /** Called after every failed attempt, so that a full stream or a missing broker shows in logs and metrics. */
  readonly onStalled?: (stall: PublishStall) => void
  /** Asked before every attempt: @returns what to call with the sequence number when this attempt has stored the message */
  readonly watchPlace?: () => (seq: number) => void
}

/** A publish that waits. */
export interface PublishStall {
  readonly subject: string
  readonly attempt: number
  readonly waitedMs: number
  readonly error: ConnectorError
  /** Worth a line in the log: the first that waits for this reason, and from time to time. */
  readonly news: boolean
  /** How many publishes of this process wait. */
  readonly waiting: number
}

type Attempt = Omit<PublishStall, 'news' | 'waiting'>

export type PublishResult = 'stored' | 'duplicate'

/** Deadline of one attempt; after a broker failure this is what recovery waits for, so it is short. */
const ATTEMPT_TIMEOUT_MS = 2_000

/**
 * Publishes until it is certain that the message is stored exactly once: either this call stored it, or it was there.
 * Meant for streams that keep one message a subject and refuse a second (`discard: new` per subject). A full stream
 * makes the caller wait, because waiting is back-pressure and anything else is loss.
 * @param body at most the `max_msg_size` of the stream
 * @returns `duplicate` when the subject already had its message
 * @throws ConnectorError MESSAGE_TOO_LARGE; BROKER_UNAVAILABLE when this connection was closed; INTERNAL for an illegal
 *   subject or header; the reason of `signal`
 */
export async function publishOnce(
  broker: Broker,
  subject: string,
  body: Uint8Array,
  options: PublishOptions,
): Promise<PublishResult> {
  const wait = broker.waits.begin()
  try {
    return await publishUntilCertain(broker, subject, body, {
      ...options,
      onStalled: stall => {
        const news = wait.failed(stall.error)
        options.onStalled?.({ ...stall, news, waiting: broker.waits.count })
      },
    })
  } finally {
    wait.end()
  }
}

async function publishUntilCertain(
  broker: Broker,
  subject: string,
  body: Uint8Array,
  options: Omit<PublishOptions, 'onStalled'> & { readonly onStalled: (stall: Attempt) => void },
): Promise<PublishResult> {
  const started = performance.now()
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted()
    const onStored = options.watchPlace?.()
    try {
      const ack = await broker.jetstream.publish(subject, body, {
        msgID: options.msgId,
        headers: natsHeaders(options.headers),
        timeout: ATTEMPT_TIMEOUT_MS,
      })
      if (ack.duplicate) return 'duplicate'
      onStored?.(ack.seq)
      return 'stored'
    } catch (fault) {
      const kind = publishFault(fault)
      if (kind === 'duplicate') return 'duplicate'
      const error = errorOf(kind, subject, body.length, fault)
      if (kind === 'too-large' || kind === 'closed' || kind === 'unusable') throw error
      options.onStalled({ subject, attempt, waitedMs: performance.now() - started, error })
    }
    await backOff(attempt - 1, 50, 2_000, options.signal)
  }
}

function natsHeaders(record: Readonly<Record<string, string>> = {}): ReturnType<typeof headers> {
  const result = headers()
  for (const [name, value] of Object.entries(record)) result.set(name, value)
  return result
}

function errorOf(kind: PublishFault, subject: string, bytes: number, fault: unknown): ConnectorError {
  const facts = { subject, bytes }
  switch (kind) {
    case 'too-large':
      return new ConnectorError('MESSAGE_TOO_LARGE', `${subject} with ${bytes} bytes`, facts, fault)
    case 'full':
      return new ConnectorError('STREAM_FULL', `${subject}: ${faultText(fault)}`, facts, fault)
    case 'unusable':
      return new ConnectorError('INTERNAL', `${subject}: ${faultText(fault)}`, facts, fault)
    default:
      return new ConnectorError('BROKER_UNAVAILABLE', `${subject}: ${faultText(fault)}`, facts, fault)
  }
}
