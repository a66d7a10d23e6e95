import { BODY_VERSION, type ConnectorError, decodeBody, encodeBody } from '@kms-connector/protocol'
import { z } from 'zod'
import type { AttemptRecord } from './attemptHistory.ts'
import type { Broker } from './connection.ts'
import { deadSubject } from './names.ts'
import { type PublishOptions, type PublishResult, publishOnce } from './publish.ts'
import { MAX_DEAD_LETTER_BYTES } from './topology.ts'

/** A message that was given up, whole, with its story. Publishing `body` and `headers` again replays it. */
export interface DeadLetter {
  /** Process or step that gave up. */
  readonly stage: string
  readonly operation: string
  /** Request id, or another name for what has none. */
  readonly key: string
  /** Entry of the error table. */
  readonly code: string
  readonly detail: string
  /** When it was given up, in milliseconds since the epoch. */
  readonly at: number
  /** Where the message came from; undefined for what never was a message, such as an undecodable log. */
  readonly source:
    | {
        readonly stream: string
        readonly seq: number
        readonly subject: string
        readonly attempts: number
        readonly firstStoredAt: number
      }
    | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly history: readonly AttemptRecord[]
}

const MAX_DETAIL = 2_000

const bodySchema = z.object({ encoding: z.enum(['utf8', 'base64']), data: z.string() })
const letterSchema = z.object({
  v: z.literal(BODY_VERSION),
  stage: z.string(),
  operation: z.string(),
  key: z.string(),
  code: z.string(),
  detail: z.string(),
  at: z.number(),
  source: z
    .object({
      stream: z.string(),
      seq: z.number(),
      subject: z.string(),
      attempts: z.number(),
      firstStoredAt: z.number(),
    })
    .optional(),
  headers: z.record(z.string(), z.string()),
  body: bodySchema,
  history: z.array(z.object({ at: z.number(), attempt: z.number(), code: z.string(), detail: z.string() })),
})

/** Facts of a fault in the words of a dead letter. */
export function deadReason(error: ConnectorError): Pick<DeadLetter, 'code' | 'detail' | 'at'> {
  return { code: error.code, detail: error.message.slice(0, MAX_DETAIL), at: Date.now() }
}

/**
 * Stores a dead letter until that is certain. Only afterwards may its message be taken off the stream.
 * @param options `msgId` is needed for a letter without source; with one it is `<stream>:<seq>@<time>`, so that a crash between
 *   letter and termination leaves one letter, and a stream that was created anew and counts from 1 again another one
 * @throws ConnectorError as {@link publishOnce}
 */
export function publishDeadLetter(
  broker: Broker,
  letter: DeadLetter,
  options: Omit<PublishOptions, 'msgId' | 'headers'> & { readonly msgId?: string } = {},
): Promise<PublishResult> {
  const { source, stage, operation, key } = letter
  const msgId =
    options.msgId ??
    (source ? `${source.stream}:${source.seq}@${source.firstStoredAt}` : `${stage}:${operation}:${key}`)
  return publishOnce(broker, deadSubject(stage, operation, key), encodeFitting(letter), { ...options, msgId })
}

/** Headers and subject count against the limit too. */
const RESERVE_BYTES = 8_192

/** A message that leaves no room for its story is not repeated in the letter: the source says where it still lies. */
export function encodeFitting(letter: DeadLetter): Uint8Array {
  const whole = encodeDeadLetter(letter)
  if (whole.length <= MAX_DEAD_LETTER_BYTES - RESERVE_BYTES) return whole
  const detail = `${letter.detail} (the message of ${letter.body.length} bytes is too large to be kept here)`
  return encodeDeadLetter({ ...letter, detail, body: new Uint8Array() })
}

export function encodeDeadLetter(letter: DeadLetter): Uint8Array {
  const { source, ...rest } = letter
  return encodeBody({
    v: BODY_VERSION,
    ...rest,
    detail: letter.detail.slice(0, MAX_DETAIL),
    body: readable(letter.body),
    ...(source ? { source } : {}),
  })
}

/** @throws ConnectorError MESSAGE_MALFORMED or MESSAGE_VERSION_UNKNOWN */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter {
  const { v: _version, body, source, ...rest } = decodeBody(letterSchema, bytes)
  return { ...rest, source, body: Buffer.from(body.data, body.encoding) }
}

/** Text where the bytes are text, so that an operator can read it; base64 where that is exact only or shorter. */
function readable(body: Uint8Array): z.infer<typeof bodySchema> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const text = bytes.toString('utf8')
  const base64 = bytes.toString('base64')
  const exact = Buffer.from(text, 'utf8').equals(bytes)
  const escapedBytes = Buffer.byteLength(JSON.stringify(text))
  // Short bodies stay readable even when escaping makes them longer than base64.
  return exact && escapedBytes <= Math.max(base64.length, 16_384)
    ? { encoding: 'utf8', data: text }
    : { encoding: 'base64', data: base64 }
}
