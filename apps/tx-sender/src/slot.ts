import {
  BODY_VERSION,
  decodeBody,
  encodeBody,
  hex32Schema,
  hexSchema,
  parseRequestId,
  type RequestId,
  uintSchema,
} from '@kms-connector/protocol'
import { z } from 'zod'

/** One transaction signed for a slot. Every one of them could be mined, so none is ever forgotten. */
export interface Attempt {
  readonly hash: `0x${string}`
  readonly raw: `0x${string}`
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly signedAt: number
  /** A transfer of nothing to ourselves, which only consumes the nonce. */
  readonly burn?: true
}

/**
 * What the ledger stores for one nonce of the wallet. Creating this record IS the allocation of the nonce: there is no
 * counter, so a crash can leave neither an allocated but empty nonce nor signed bytes that nobody knows. A record without
 * an answer fills a gap: all that was signed for it are burns.
 */
export interface SlotRecord {
  readonly nonce: number
  /** Sequence of the response on RESPONSES. */
  readonly responseSeq?: number
  readonly operation?: string
  readonly id?: RequestId
  readonly attempts: readonly [Attempt, ...Attempt[]]
}

/**
 * - `signed`: stored, the newest bytes are not known to have reached a node
 * - `accepted`: a node took the newest bytes
 * - `mined`: a receipt exists, not deep enough yet
 * - `final`: settled for good; the outcome is published
 * - `burned`: a transfer to ourselves consumed the nonce, for good
 * - `lost`: the nonce was consumed by a transaction that is not ours
 *
 * Only the record is stored: after a crash every slot starts as `signed`, and sending the same bytes again is harmless.
 */
export type SlotState = 'signed' | 'accepted' | 'mined' | 'final' | 'burned' | 'lost'

const attemptSchema = z.object({
  hash: hex32Schema,
  raw: hexSchema,
  gas: uintSchema,
  maxFeePerGas: uintSchema,
  signedAt: z.number(),
  burn: z.literal(true).exactOptional(),
})
const slotSchema = z.object({
  v: z.literal(BODY_VERSION),
  nonce: z.number().int().nonnegative(),
  responseSeq: z.number().int().positive().exactOptional(),
  operation: z.string().exactOptional(),
  id: z.string().exactOptional(),
  attempts: z.tuple([attemptSchema], attemptSchema),
})

/** @returns the newest transaction signed for the nonce: the one that is sent */
export function newestAttempt({ attempts }: SlotRecord): Attempt {
  return attempts.at(-1) ?? attempts[0]
}

/** What the transaction of a slot can cost at most, wei: nodes ask the wallet to own that much. */
export function costOf({ attempts }: SlotRecord): bigint {
  let dearest = 0n
  for (const { gas, maxFeePerGas } of attempts) if (gas * maxFeePerGas > dearest) dearest = gas * maxFeePerGas
  return dearest
}

export function encodeSlot(record: SlotRecord): Uint8Array {
  return encodeBody({ v: BODY_VERSION, ...record })
}

/** @throws ConnectorError MESSAGE_MALFORMED or MESSAGE_VERSION_UNKNOWN */
export function decodeSlot(bytes: Uint8Array): SlotRecord {
  const { v: _version, id, ...record } = decodeBody(slotSchema, bytes)
  return id === undefined ? record : { ...record, id: parseRequestId(id) }
}
