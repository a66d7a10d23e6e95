import type { Action } from './action.ts'
import type { SenderPolicy, SenderState } from './senderState.ts'

/** The oldest answers are estimated, no more than the window will soon take: an estimate goes stale while it waits. */
export function planPreparations(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  let underWay = 0
  let ready = 0
  for (const entry of state.inbox.values()) {
    if (entry.state === 'ready') ready++
    else if (entry.state === 'waiting' && entry.busy) underWay++
  }
  const room = Math.min(policy.prepareAhead - underWay, policy.window - ready - underWay)
  return room > 0 ? oldestWaiting(state, room, now) : []
}

function oldestWaiting({ inbox }: SenderState, most: number, now: number): Action[] {
  const actions: Action[] = []
  for (const { state, busy, notBefore, seq } of inbox.values()) {
    if (state !== 'waiting' || busy || notBefore > now) continue
    actions.push({ kind: 'prepare', seq })
    if (actions.length === most) break
  }
  return actions
}
