import { z } from 'zod'
import { hex32Schema } from './hex.ts'

/** Where on chain a request came from. Kept beside the id because a re-org can give the same id another payload. */
export const originSchema = z.object({
  chainId: z.number().int().positive(),
  blockNumber: z.number().int().nonnegative(),
  blockHash: hex32Schema,
  transactionHash: hex32Schema,
  logIndex: z.number().int().nonnegative(),
  /** Block time in seconds since the epoch; absent where the endpoint does not send it with logs. */
  blockTimestamp: z.number().int().nonnegative().optional(),
})

export type Origin = z.infer<typeof originSchema>
