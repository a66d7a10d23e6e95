import { purgeLimit } from './ledger.ts'
import { type InboxEntry, isOpen, type SenderPolicy, type SenderState, type Slot, settledUpTo } from './senderState.ts'

export type Action =
  /** Estimate gas: will the contract accept the answer, and what does it cost? */
  | { readonly kind: 'prepare'; readonly seq: number }
  /** Sign for these nonces and store the slots, in this order. */
  | { readonly kind: 'commit'; readonly seqs: readonly number[]; readonly nonces: readonly number[] }
  | { readonly kind: 'broadcast'; readonly nonce: number }
  | { readonly kind: 'find-receipts'; readonly nonces: readonly number[] }
  | { readonly kind: 'settle'; readonly nonce: number }
  /** Store how far everything is settled, and forget the slots whose newest revision is below a limit. */
  | { readonly kind: 'checkpoint'; readonly seq: number; readonly purgeBelow: number | undefined }

/**
 * Decides what the sender does next. Pure: the same picture and time give the same actions, in the order in which they
 * are to be started. Slots come before responses: what holds a nonce is finished before another nonce is taken.
 */
export function plan(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  const slots = [...state.slots.values()].sort((a, b) => a.record.nonce - b.record.nonce)
  const parked = state.park !== undefined && state.park.until > now
  return [
    ...receiptActions(slots, state, policy, now),
    ...(parked ? [] : broadcastActions(slots, state, policy, now)),
    ...(parked ? [] : commitAction(slots, state, policy, now)),
    ...(parked ? [] : prepareActions(state, policy, now)),
    ...checkpointAction(state, policy, now),
  ]
}

/** Consumed nonces are looked up; mined slots that are deep enough are settled. */
function receiptActions(slots: readonly Slot[], { chain }: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (!chain) return []
  const consumed = slots.filter(
    s => isOpen(s) && s.state !== 'mined' && !s.busy && s.record.nonce < chain.latestNonce && s.notBefore <= now,
  )
  const deep = slots.filter(
    s =>
      s.state === 'mined' &&
      !s.busy &&
      s.notBefore <= now &&
      s.mined &&
      chain.headBlock >= s.mined.blockNumber + policy.confirmations - 1,
  )
  return [
    ...(consumed.length > 0 ? [{ kind: 'find-receipts', nonces: consumed.map(s => s.record.nonce) } as const] : []),
    ...deep.map(s => ({ kind: 'settle', nonce: s.record.nonce }) as const),
  ]
}

/**
 * Bytes go out in ascending nonce order, a few at once. A slot that has to wait holds back the ones above it: an
 * Arbitrum sequencer keeps an early nonce for about a second and then refuses it.
 */
function broadcastActions(slots: readonly Slot[], { chain }: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (!chain) return []
  const actions: Action[] = []
  let underWay = slots.filter(s => s.state === 'signed' && s.busy).length
  for (const slot of slots) {
    if (!isOpen(slot) || slot.record.nonce < chain.latestNonce) continue
    if (slot.state === 'accepted') {
      const isHead = slot.record.nonce === chain.latestNonce
      const stale = now - (slot.sentAt ?? 0) >= policy.resendAfterMs && slot.notBefore <= now
      if (isHead && stale && !slot.busy) actions.push({ kind: 'broadcast', nonce: slot.record.nonce })
      continue
    }
    if (slot.state !== 'signed' || slot.busy) continue
    if (slot.notBefore > now || slot.revision === 0 || underWay >= policy.sendAhead) break
    actions.push({ kind: 'broadcast', nonce: slot.record.nonce })
    underWay++
  }
  return actions
}

function commitAction(slots: readonly Slot[], state: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (!state.chain || state.committing || state.commitNotBefore > now) return []
  const room = Math.min(policy.window - slots.filter(isOpen).length, policy.commitBatch)
  if (room <= 0) return []
  const seqs: number[] = []
  for (const entry of state.inbox.values()) {
    if (entry.state === 'ready' && !entry.busy) seqs.push(entry.seq)
    if (seqs.length === room) break
  }
  return seqs.length === 0 ? [] : [{ kind: 'commit', seqs, nonces: freeNonces(state, seqs.length, now) }]
}

/** The lowest nonces that neither the chain nor a slot has taken: a gap below is filled before anything above it. */
export function freeNonces({ slots, chain, nonceFloor, pending }: SenderState, count: number, now: number): number[] {
  const pendingFloor = pending && pending.until > now ? pending.below : 0
  const nonces: number[] = []
  for (let nonce = Math.max(chain?.latestNonce ?? 0, nonceFloor, pendingFloor); nonces.length < count; nonce++) {
    if (!slots.has(nonce)) nonces.push(nonce)
  }
  return nonces
}

/** No more is prepared than the window will soon take: an estimate goes stale while it waits. */
function prepareActions(state: SenderState, policy: SenderPolicy, now: number): Action[] {
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

/** The checkpoint passes a prefix of settled responses only; slots go as soon as OUTCOMES tells their story. */
function checkpointAction(state: SenderState, policy: SenderPolicy, now: number): Action[] {
  if (state.checkpointing || now - state.checkpointedAt < policy.checkpointEveryMs) return []
  const seq = settledUpTo(state)
  const purgeBelow = purgeLimit(state.slots.values())
  return seq > state.checkpoint || purgeBelow !== undefined ? [{ kind: 'checkpoint', seq, purgeBelow }] : []
}

/** @returns milliseconds until time alone makes the plan different; undefined when only an event can */
export function nextDeadline(state: SenderState, policy: SenderPolicy, now: number): number | undefined {
  const times: number[] = []
  let settled = settledUpTo(state) > state.checkpoint
  for (const slot of state.slots.values()) {
    if (!isOpen(slot)) settled = true
    if (!isOpen(slot) || slot.busy) continue
    times.push(
      slot.state === 'accepted' ? Math.max(slot.notBefore, (slot.sentAt ?? 0) + policy.resendAfterMs) : slot.notBefore,
    )
  }
  for (const entry of state.inbox.values()) {
    if (entry.state === 'waiting' && !entry.busy) times.push(entry.notBefore)
    if (entry.state === 'ready') times.push(state.commitNotBefore)
  }
  if (settled) times.push(state.checkpointedAt + policy.checkpointEveryMs)
  if (state.park) times.push(state.park.until)
  const future = times.filter(t => t > now)
  return future.length === 0 ? undefined : Math.min(...future) - now
}
