import type { SenderPolicy, Slot } from './senderState.ts'
import type { SendVerdict } from './sendVerdict.ts'

/** No clear answer: receipts and the same bytes again will tell. */
const UNCERTAIN_MS = 1_000
const REFUSED_MS = 5_000

/** What a node's reply to the newest bytes changes. */
export interface AfterSend {
  readonly slot: Partial<Slot>
  /** The wallet cannot pay; all the others would be refused, too. */
  readonly walletEmpty?: true
  /** `taken`: the node has the bytes. `unclear`: they may be sent again as they are. `refused`: as they are, they never go. */
  readonly meaning: 'taken' | 'unclear' | 'refused'
}

/**
 * Pure: how a slot goes on after its bytes were given to a node. A reply never moves a slot on by itself, but for one
 * that says that a node has the bytes; whether a nonce is consumed, and by what, only receipts tell.
 */
export function afterSend(slot: Slot, verdict: SendVerdict, policy: SenderPolicy, now: number): AfterSend {
  const sent = { sentAt: now, firstSentAt: slot.firstSentAt ?? now, lastVerdict: verdict }
  const pause = (ms: number) => ({ ...sent, notBefore: now + ms })
  switch (verdict) {
    case 'accepted':
    case 'known': {
      const state = slot.state === 'signed' ? 'accepted' : slot.state
      return {
        slot: { ...sent, state, waitingSince: slot.waitingSince ?? now, refusals: 0 },
        meaning: 'taken',
      }
    }
    case 'funds':
      return { slot: pause(policy.parkPauseMs), walletEmpty: true, meaning: 'refused' }
    case 'underpriced':
      return { slot: pause(UNCERTAIN_MS), meaning: 'refused' }
    case 'refused':
      return { slot: { ...pause(REFUSED_MS), refusals: slot.refusals + 1 }, meaning: 'refused' }
    case 'oversized':
      // The least ambiguous of refusals: asked once more only because one endpoint may be many nodes.
      return { slot: { ...pause(UNCERTAIN_MS), refusals: slot.refusals + 1 }, meaning: 'refused' }
    case 'too-high':
      return { slot: pause(policy.tooEarlyMs), meaning: 'unclear' }
    case 'consumed':
    case 'unknown':
      return { slot: pause(UNCERTAIN_MS), meaning: 'unclear' }
  }
}
