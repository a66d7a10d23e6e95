import { ConnectorError } from '@kms-connector/protocol'
import {
  type Broker,
  DEAD_LETTERS,
  type DeadLetter,
  decodeDeadLetter,
  type StoredMessage,
  scanStream,
  traceOf,
} from '@kms-connector/streams'

/** A dead letter with its place on the stream. */
export interface Letter {
  readonly seq: number
  readonly subject: string
  /** Milliseconds since the epoch, by the clock of the broker. */
  readonly storedAt: number
  readonly bytes: number
  /** Undefined when this build cannot read it. */
  readonly content: DeadLetter | undefined
  /** Words of the subject, which also a letter has that cannot be read: `kms.dead.<stage>.<operation>.<key>`. */
  readonly stage: string
  readonly operation: string
  readonly key: string
  readonly code: string
}

/** Letters read at most: what is beyond is counted by the stream, not looked at. */
export const MOST_READ = 10_000

/** What a letter is counted under that this build cannot read. */
const UNREADABLE = 'MESSAGE_MALFORMED'

/**
 * Reads dead letters, the oldest first.
 * @param most letters read at most
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function readLetters(broker: Broker, most: number, signal: AbortSignal): Promise<readonly Letter[]> {
  const letters: Letter[] = []
  for await (const message of scanStream(broker, { stream: DEAD_LETTERS, signal })) {
    letters.push(letterOf(message))
    if (letters.length >= most) break
  }
  return letters
}

export function letterOf({ seq, subject, storedAt, body }: StoredMessage): Letter {
  const [, , stage = '?', operation = '?', key = '?'] = subject.split('.')
  const content = readable(body)
  return {
    seq,
    subject,
    storedAt,
    bytes: body.length,
    content,
    stage,
    operation,
    key,
    code: content?.code ?? UNREADABLE,
  }
}

function readable(body: Uint8Array): DeadLetter | undefined {
  try {
    return decodeDeadLetter(body)
  } catch (fault) {
    if (fault instanceof ConnectorError) return undefined
    throw fault
  }
}

/** The trace that a letter belongs to: the same id as `trace_id` in the log of every service. */
export function traceIdOf({ content }: Letter): string | undefined {
  return content && traceOf(content.headers)?.traceId
}
