import { BODY_VERSION, ConnectorError, decodeBody, encodeBody } from '@kms-connector/protocol'
import type { KeyValue, KeyValueEntry } from '@kms-connector/streams'
import { z } from 'zod'

const ORDER_KEY = 'nonce_order'
const FLOOR_KEY = 'nonce_floor'

const orderSchema = z.object({
  v: z.literal(BODY_VERSION),
  order: z.string(),
  action: z.enum(['burn', 'adopt']),
  nonce: z.number().int().nonnegative(),
  by: z.string(),
  orderedAt: z.number(),
  state: z.enum(['waiting', 'done', 'refused']),
  /** What came of it. */
  detail: z.string().exactOptional(),
})
const floorSchema = z.object({ v: z.literal(BODY_VERSION), below: z.number().int().nonnegative() })

/**
 * What an operator wants done about a nonce. Only the active sender acts on nonces, so an order is a record that it reads,
 * carries out and answers: there is still one writer. There is one order at a time; the bucket keeps the last ones.
 * - `burn`: consume the nonce by a transfer of nothing to ourselves
 * - `adopt`: leave every nonce below to transactions that are not ours, and take the next one from here on
 */
export type NonceOrder = Omit<z.infer<typeof orderSchema>, 'v'>

export interface StoredOrder extends NonceOrder {
  readonly revision: number
}

/** @returns the newest order, whatever came of it; undefined when there was none */
export async function readOrder(bucket: KeyValue, signal?: AbortSignal): Promise<StoredOrder | undefined> {
  const entry = await bucket.get(ORDER_KEY, signal)
  if (!entry) return undefined
  const { v: _version, ...order } = decodeBody(orderSchema, entry.value)
  return { ...order, revision: entry.revision }
}

/**
 * Writes an order that follows the newest one.
 * @param after newest order, as it was read
 * @throws ConnectorError NONCE_ORDER_REFUSED when somebody else was faster, or the newest one still waits
 */
export async function writeOrder(
  bucket: KeyValue,
  order: NonceOrder,
  after: StoredOrder | undefined,
  signal?: AbortSignal,
): Promise<StoredOrder> {
  if (after?.state === 'waiting' && after.order !== order.order) {
    const detail = `an order of ${after.by} to ${after.action} nonce ${after.nonce} still waits`
    throw new ConnectorError('NONCE_ORDER_REFUSED', detail)
  }
  const body = encodeBody({ v: BODY_VERSION, ...order })
  const result = after
    ? await bucket.update(ORDER_KEY, body, after.revision, signal)
    : await bucket.create(ORDER_KEY, body, signal)
  if (result.kind === 'written') return { ...order, revision: result.revision }
  const revision = ownRevision(result.entry, body)
  if (revision !== undefined) return { ...order, revision }
  throw new ConnectorError('NONCE_ORDER_REFUSED', 'another order was given at the same moment')
}

/** A write of ours that was never answered and is repeated meets itself. */
function ownRevision(entry: KeyValueEntry | undefined, body: Uint8Array): number | undefined {
  return entry && Buffer.from(body).equals(entry.value) ? entry.revision : undefined
}

/** @returns nonces below this one are left to others; 0 when no operator said so */
export async function readAdoptedFloor(bucket: KeyValue, signal?: AbortSignal): Promise<number> {
  const entry = await bucket.get(FLOOR_KEY, signal)
  return entry ? decodeBody(floorSchema, entry.value).below : 0
}

/** Stores the floor for this term and the next ones. Written by the active sender only, so the last one wins. */
export async function writeAdoptedFloor(bucket: KeyValue, below: number, signal?: AbortSignal): Promise<void> {
  const body = encodeBody({ v: BODY_VERSION, below })
  const entry = await bucket.get(FLOOR_KEY, signal)
  const result = entry
    ? await bucket.update(FLOOR_KEY, body, entry.revision, signal)
    : await bucket.create(FLOOR_KEY, body, signal)
  if (result.kind === 'written' || ownRevision(result.entry, body) !== undefined) return
  throw new ConnectorError('LEASE_LOST', 'another sender stored the floor of the nonces')
}
