import type { NatsFrame } from './natsFrames.ts'

/** A message on its way: from a client to the server (`publish`) or from the server to a client (`deliver`). */
export interface NatsMessage {
  readonly direction: 'publish' | 'deliver'
  /** Name that the client gave itself when it connected. */
  readonly client: string
  readonly subject: string
  /** Where an answer goes; what JetStream delivers carries the subject of its acknowledgement here. */
  readonly reply: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Status of a message without content, such as "100 Idle Heartbeat"; undefined for any other. */
  readonly status: string | undefined
  readonly payload: Uint8Array
  /** Of a delivery: subject of the publish that it answers, so that a PubAck is known by the subject it acknowledges. */
  readonly answers: string | undefined
}

const STATUS_LINE = /^NATS\/1\.0 ?(.*)$/

/**
 * Reads the frame of a PUB, HPUB, MSG or HMSG.
 * @param answers asks which subject was published with this subject for its reply
 * @returns undefined for any other frame
 */
export function messageOf(
  frame: NatsFrame,
  client: string,
  answers: (reply: string) => string | undefined,
): NatsMessage | undefined {
  const { verb, words, payload } = frame
  if (payload === undefined) return undefined
  const withHeaders = verb.startsWith('H')
  const direction = verb.endsWith('PUB') ? 'publish' : 'deliver'
  // What stands before the sizes: the subject, the id of the subscription on deliveries, the reply where there is one.
  const names = words.slice(0, withHeaders ? -2 : -1)
  const [subject = ''] = names
  const reply = names[direction === 'publish' ? 1 : 2]
  const headerBytes = withHeaders ? Number(words.at(-2)) : 0
  const block = payload.toString('utf8', 0, headerBytes)
  return {
    direction,
    client,
    subject,
    reply,
    ...headersOf(block),
    payload: payload.subarray(headerBytes),
    answers: direction === 'deliver' ? answers(subject) : undefined,
  }
}

function headersOf(block: string): Pick<NatsMessage, 'headers' | 'status'> {
  const [first = '', ...lines] = block.split('\r\n')
  const status = STATUS_LINE.exec(first)?.[1]?.trim()
  const pairs = lines.filter(line => line.includes(':')).map(line => [nameOf(line), contentOf(line)] as const)
  return { headers: Object.fromEntries(pairs), status: status === '' ? undefined : status }
}

const nameOf = (line: string) => line.slice(0, line.indexOf(':'))
const contentOf = (line: string) => line.slice(line.indexOf(':') + 1).trim()
