import type { Action } from './action.ts'
import { freeNonces, gapNonces } from './freeNonces.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'

/**
 * Ready answers get nonces, oldest first and one commit at a time, while the window has room. Nonces that nobody owns below
 * open slots are taken in any case: nothing in a full window could be mined before they are.
 */
export function planCommit(slots: readonly Slot[], state: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (!state.chain || state.committing || state.commitNotBefore > now) return []
  const gaps = gapNonces(state, now, policy.commitBatch).length
  const room = Math.min(Math.max(policy.window - slots.length, gaps), policy.commitBatch)
  if (room <= 0) return []
  const seqs: number[] = []
  for (const entry of state.inbox.values()) {
    if (entry.state === 'ready' && !entry.busy) seqs.push(entry.seq)
    if (seqs.length === room) break
  }
  return seqs.length === 0 ? [] : [{ kind: 'commit', seqs, nonces: freeNonces(state, seqs.length, now) }]
}
