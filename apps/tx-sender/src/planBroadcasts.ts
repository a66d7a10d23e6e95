import type { Action } from './action.ts'
import { takenBelow } from './freeNonces.ts'
import type { SenderPolicy, SenderState, Slot } from './senderState.ts'

type Broadcast = Extract<Action, { kind: 'broadcast' }>

/**
 * Bytes go out in ascending nonce order, a few at once. A slot that has to wait holds back the ones above it, and so does
 * a nonce that nobody owns: an Arbitrum sequencer keeps an early nonce for about a second and then refuses it.
 */
export function planBroadcasts(
  slots: readonly Slot[],
  state: SenderState,
  policy: SenderPolicy,
  now: number,
): Broadcast[] {
  const { chain } = state
  if (!chain) return []
  const actions: Broadcast[] = []
  let underWay = 0
  for (const slot of slots) if (slot.state === 'signed' && slot.busy) underWay++
  let next = takenBelow(state, now)
  for (const slot of slots) {
    const { nonce } = slot.record
    if (nonce < chain.latestNonce) continue
    if (nonce > next) break
    next = Math.max(next, nonce + 1)
    if (slot.state === 'accepted') {
      if (!slot.busy && isStale(slot, slots, chain.latestNonce, policy, now)) actions.push({ kind: 'broadcast', nonce })
      continue
    }
    if (slot.state !== 'signed' || slot.busy) continue
    if (slot.notBefore > now || slot.revision === 0 || underWay >= policy.sendAhead) break
    actions.push({ kind: 'broadcast', nonce })
    underWay++
  }
  return actions
}

/**
 * An accepted head is sent again after a while; soon, when a node says that a nonce above it is too high: then the node
 * does not have the head, whoever accepted it.
 */
function isStale(slot: Slot, slots: readonly Slot[], head: number, policy: SenderPolicy, now: number): boolean {
  if (slot.record.nonce !== head || slot.notBefore > now) return false
  const missed = slots.some(other => other.lastVerdict === 'too-high' && other.record.nonce > head)
  return now - (slot.sentAt ?? 0) >= (missed ? policy.tooEarlyMs : policy.resendAfterMs)
}
