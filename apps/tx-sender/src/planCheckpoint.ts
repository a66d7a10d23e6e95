import type { Action } from './action.ts'
import { isFresh } from './freshness.ts'
import { purgeLimit } from './ledger.ts'
import { type SenderPolicy, type SenderState, settledUpTo } from './senderState.ts'

/** The checkpoint passes a prefix of settled responses only; slots go as soon as OUTCOMES tells their story. */
export function planCheckpoint(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (state.checkpointing || isFresh(state.checkpointedAt, now, policy.checkpointEveryMs)) return []
  const seq = settledUpTo(state)
  const purgeBelow = purgeLimit(state.slots.values())
  return seq > state.checkpoint || purgeBelow !== undefined ? [{ kind: 'checkpoint', seq, purgeBelow }] : []
}
