import type { JsMsg, MsgHdrs } from 'nats'

/** One delivery of a stored message to this process. */
export interface Delivery {
  readonly stream: string
  /** Sequence number of the message in its stream. */
  readonly seq: number
  readonly subject: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** Deliveries so far, this one included. A broker crash can set it back. */
  readonly attempt: number
  /** When the message was stored first, in milliseconds since the epoch. */
  readonly firstStoredAt: number
}

export function deliveryOf(message: JsMsg): Delivery {
  const { info } = message
  return {
    stream: info.stream,
    seq: info.streamSequence,
    subject: message.subject,
    body: message.data,
    headers: headerRecord(message.headers),
    attempt: info.deliveryCount,
    firstStoredAt: Math.floor(info.timestampNanos / 1_000_000),
  }
}

/**
 * Tells whether two deliveries are of the same stored message. The sequence alone does not: a recreated stream counts
 * from 1 again.
 */
export function deliveryKey(message: JsMsg): string {
  return `${message.info.streamSequence}@${message.info.timestampNanos}`
}

/** @returns headers by name; of a header that was sent several times, the last one */
export function headerRecord(headers: MsgHdrs | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((headers?.keys() ?? []).map(name => [name, headers?.last(name) ?? '']))
}
