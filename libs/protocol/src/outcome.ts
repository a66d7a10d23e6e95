import { z } from 'zod'
import { BODY_VERSION, decodeBody, encodeBody } from './body.ts'
import { hex32Schema } from './hex.ts'

/**
 * How one request ended: `confirmed` by our transaction, `already-answered` when the chain holds our answer from
 * another transaction, `completed` for operations without an on-chain answer, `dead` when it can never be answered.
 */
export const outcomeSchema = z.object({
  v: z.literal(BODY_VERSION),
  operation: z.string(),
  id: z.string(),
  status: z.enum(['confirmed', 'already-answered', 'completed', 'dead']),
  /** Error code of a dead request. */
  reason: z.string().optional(),
  /** Why an operator dropped it, in the operator's words. */
  note: z.string().optional(),
  transactionHash: hex32Schema.optional(),
  blockNumber: z.number().int().nonnegative().optional(),
  nonce: z.number().int().nonnegative().optional(),
  /** Transactions signed for this answer. */
  attempts: z.number().int().nonnegative(),
  /** Milliseconds since the epoch. */
  requestedAt: z.number().optional(),
  answeredAt: z.number().optional(),
  sentAt: z.number().optional(),
  settledAt: z.number(),
})

export type Outcome = Omit<z.infer<typeof outcomeSchema>, 'v'>

export function encodeOutcome(outcome: Outcome): Uint8Array {
  return encodeBody({ v: BODY_VERSION, ...outcome })
}

/** @throws ConnectorError MESSAGE_MALFORMED or MESSAGE_VERSION_UNKNOWN */
export function decodeOutcome(bytes: Uint8Array): Outcome {
  const { v: _version, ...outcome } = decodeBody(outcomeSchema, bytes)
  return outcome
}
