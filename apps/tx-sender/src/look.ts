import type { Action } from './action.ts'
import { nextDeadline } from './nextDeadline.ts'
import { plan } from './plan.ts'
import { noteGap } from './planGap.ts'
import type { SenderPolicy, SenderState } from './senderState.ts'

/** What a look at the picture leads to. */
export interface Look {
  readonly actions: readonly Action[]
  /** Milliseconds until time alone leads to something else, with the actions under way; undefined when only an event does. */
  readonly nextMs: () => number | undefined
}

/**
 * Looks at picture and clock. The clock is read once: a time that comes between two readings would be too late for the plan
 * and too early for the wait that follows, and nothing would wake the sender up.
 */
export function look(state: SenderState, policy: SenderPolicy, clock: () => number): Look {
  const now = clock()
  noteGap(state, now)
  return { actions: plan(state, policy, now), nextMs: () => nextDeadline(state, policy, now) }
}
