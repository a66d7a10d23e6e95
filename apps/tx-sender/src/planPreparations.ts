import type { Action } from './action.ts'
import type { InboxEntry, SenderPolicy, SenderState } from './senderState.ts'

/** The oldest answers are estimated, no more than the window will soon take: an estimate goes stale while it waits. */
export function planPreparations(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  let underWay = 0
  let ready = 0
  const waiting: InboxEntry[] = []
  for (const entry of state.inbox.values()) {
    if (entry.state === 'ready') ready++
    if (entry.state !== 'waiting') continue
    if (entry.busy) underWay++
    else if (entry.notBefore <= now) waiting.push(entry)
  }
  const room = Math.min(policy.prepareAhead - underWay, policy.window - ready - underWay)
  return waiting.slice(0, Math.max(room, 0)).map(e => ({ kind: 'prepare', seq: e.seq }) as const)
}
