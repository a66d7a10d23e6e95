import { BODY_VERSION, ConnectorError, decodeBody, encodeBody, hex32Schema } from '@kms-connector/protocol'
import { z } from 'zod'
import type { KeyValue, KeyValueEntry } from './keyValue.ts'
import type { StreamIdentity } from './streamIdentity.ts'

const cursorSchema = z.object({
  v: z.literal(BODY_VERSION),
  block: z.number().int().nonnegative(),
  blockHash: hex32Schema.optional(),
  /** The stream that everything up to the block was published to: its creation, and its end at that time. */
  stream: z.object({ created: z.string(), seq: z.number().int().nonnegative() }).optional(),
  /** Of what was published up to the block something is gone, although the stream does not look shorter any more. */
  lost: z.literal(true).optional(),
  /** When it was written, in milliseconds since the epoch; for people. */
  at: z.number(),
})

/** Position up to which a chain was read, block included. */
export type Position = Pick<z.infer<typeof cursorSchema>, 'block' | 'blockHash' | 'stream' | 'lost'>

/** A stored position and the revision that the next move has to follow. */
export interface Cursor extends Position {
  readonly revision: number
}

export type AdvanceResult =
  | { readonly kind: 'advanced'; readonly cursor: Cursor }
  /** Another process moved it first; everything is to be read again from its position. */
  | { readonly kind: 'moved'; readonly cursor: Cursor }

/**
 * @param key such as the name of an event type
 * @returns undefined when nothing was ever read under this key
 * @throws ConnectorError MESSAGE_MALFORMED for a value nobody of us wrote; BROKER_UNAVAILABLE
 */
export async function readCursor(bucket: KeyValue, key: string, signal?: AbortSignal): Promise<Cursor | undefined> {
  const entry = await bucket.get(key, signal)
  return entry && cursorOf(entry)
}

/**
 * Moves a cursor forward by compare-and-set. A cursor never goes back: what lies between would be skipped for whoever
 * relied on it, and only an operator can know better.
 * @param from what {@link readCursor} returned, or the last result
 * @throws ConnectorError INTERNAL when `to` lies before `from`; BROKER_UNAVAILABLE
 */
export async function advanceCursor(
  bucket: KeyValue,
  key: string,
  from: Cursor | undefined,
  to: Position,
  signal?: AbortSignal,
): Promise<AdvanceResult> {
  if (from && to.block < from.block) {
    throw new ConnectorError('INTERNAL', `cursor ${key} would go back from block ${from.block} to ${to.block}`)
  }
  if (from && from.block === to.block && from.blockHash === to.blockHash) return { kind: 'advanced', cursor: from }
  const result = from
    ? await bucket.update(key, encode(to), from.revision, signal)
    : await bucket.create(key, encode(to), signal)
  if (result.kind === 'written') return { kind: 'advanced', cursor: { ...to, revision: result.revision } }
  if (result.entry) return { kind: 'moved', cursor: cursorOf(result.entry) }
  // Deleted by an operator between the two calls: start over as for a cursor that never was.
  return advanceCursor(bucket, key, undefined, to, signal)
}

/** Puts a cursor anywhere, also back: for an operator who wants blocks to be read again. */
export async function resetCursor(bucket: KeyValue, key: string, to: Position): Promise<Cursor> {
  for (;;) {
    const entry = await bucket.get(key)
    const result = entry ? await bucket.update(key, encode(to), entry.revision) : await bucket.create(key, encode(to))
    if (result.kind === 'written') return { ...to, revision: result.revision }
  }
}

/**
 * Writes down that requests before a cursor are gone: later publications make up for the length of the stream, and a
 * process that starts then could not see it any more. {@link resetCursor} takes the mark away.
 */
export async function markLost(bucket: KeyValue, key: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const cursor = await readCursor(bucket, key, signal)
    if (!cursor || cursor.lost) return
    const result = await bucket.update(key, encode({ ...cursor, lost: true }), cursor.revision, signal)
    if (result.kind === 'written') return
  }
}

/**
 * Checks that what was published up to a cursor can still be on its stream. A stream that was created anew, or restored from
 * an older copy, lacks requests that the cursor says are done.
 * @returns the fault CURSOR_INVALID for an operator; undefined when the cursor fits, or was put by hand
 */
export function cursorFault(cursor: Position, identity: StreamIdentity): ConnectorError | undefined {
  if (!cursor.stream) return undefined
  const { stream, created, lastSeq } = identity
  const { block } = cursor
  const fault = (detail: string) =>
    new ConnectorError('CURSOR_INVALID', `${stream} ${detail}; the cursor is at block ${block}`, { stream, block })
  if (cursor.stream.created !== created) {
    return fault(
      `was created ${created}, the requests before the cursor went to the one created ${cursor.stream.created}`,
    )
  }
  if (cursor.lost) return fault('lost requests that it had')
  if (cursor.stream.seq > lastSeq) return fault(`ends at ${lastSeq}, and had ${cursor.stream.seq} messages before`)
  return undefined
}

function encode({ block, blockHash, stream, lost }: Position): Uint8Array {
  return encodeBody({ v: BODY_VERSION, block, blockHash, stream, lost, at: Date.now() })
}

function cursorOf(entry: KeyValueEntry): Cursor {
  const { v: _version, at: _at, ...position } = decodeBody(cursorSchema, entry.value)
  return { ...position, revision: entry.revision }
}
