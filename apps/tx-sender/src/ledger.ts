import { ConnectorError } from '@kms-connector/protocol'
import type { KeyValue } from '@kms-connector/streams'
import { isOpen, type Slot } from './senderState.ts'
import { decodeSlot, encodeSlot, newestAttempt, type SlotRecord } from './slot.ts'

export type Allocation =
  | { readonly kind: 'allocated'; readonly revision: number }
  /** Another sender owns this nonce; ours is thrown away unsent. */
  | { readonly kind: 'taken'; readonly record: SlotRecord; readonly revision: number }

/** The ledger of slots in the bucket `tx_slots`: one key per nonce that is not settled yet. */
export class Ledger {
  readonly #bucket: KeyValue
  #newest = 0

  constructor(bucket: KeyValue) {
    this.#bucket = bucket
  }

  /** The highest revision that is known; whatever is stored from now on gets a higher one. */
  get newestRevision(): number {
    return this.#newest
  }

  /** Slots of earlier runs, in nonce order. After a crash each of them counts as signed only. */
  async load(signal: AbortSignal): Promise<Slot[]> {
    const entries = await this.#bucket.entries('slot', signal)
    const slots = entries.map(({ value, revision }) => slotOf(decodeSlot(value), this.#know(revision)))
    return slots.sort((a, b) => a.record.nonce - b.record.nonce)
  }

  /** Takes a nonce. Certain: an unanswered write is repeated, and our own record is recognised. */
  async allocate(record: SlotRecord, signal: AbortSignal): Promise<Allocation> {
    const result = await this.#bucket.create(`slot.${record.nonce}`, encodeSlot(record), signal)
    if (result.kind === 'written') return { kind: 'allocated', revision: this.#know(result.revision) }
    const stored = decodeSlot(result.entry.value)
    const revision = this.#know(result.entry.revision)
    if (stored.attempts[0].hash === record.attempts[0].hash) return { kind: 'allocated', revision }
    return { kind: 'taken', record: stored, revision }
  }

  /**
   * Stores a slot again, with one more transaction signed for its nonce. Certain like {@link allocate}; the transaction may
   * be sent only afterwards.
   * @param revision of the record that the new one follows
   */
  async append(record: SlotRecord, revision: number, signal: AbortSignal): Promise<Allocation> {
    const result = await this.#bucket.update(`slot.${record.nonce}`, encodeSlot(record), revision, signal)
    if (result.kind === 'written') return { kind: 'allocated', revision: this.#know(result.revision) }
    if (!result.entry) throw new ConnectorError('NONCE_TAKEN', `somebody removed the slot of nonce ${record.nonce}`)
    const stored = decodeSlot(result.entry.value)
    const ours = newestAttempt(stored).hash === newestAttempt(record).hash
    const known = this.#know(result.entry.revision)
    return ours ? { kind: 'allocated', revision: known } : { kind: 'taken', record: stored, revision: known }
  }

  /** Forgets every slot whose newest revision is below `revision`; OUTCOMES keeps the history. */
  async purgeBelow(revision: number, signal: AbortSignal): Promise<void> {
    await this.#bucket.purge('slot', revision, signal)
  }

  #know(revision: number): number {
    this.#newest = Math.max(this.#newest, revision)
    return revision
  }
}

/** @param revision 0 for one that is not stored yet; it will get one above `revisionAbove` */
export function slotOf(record: SlotRecord, revision: number, revisionAbove = 0): Slot {
  return {
    record,
    revision,
    revisionAbove,
    state: 'signed',
    busy: false,
    notBefore: 0,
    sentAt: undefined,
    firstSentAt: undefined,
    waitingSince: undefined,
    lastVerdict: undefined,
    refusals: 0,
    review: undefined,
    reviewNotBefore: 0,
    exhausted: false,
    missingReceipts: 0,
    mined: undefined,
  }
}

/**
 * Up to which revision the ledger can be purged: below every slot that is open. A slot that is not has its outcome
 * stored, or its answer waits for another nonce; either way a restart does not need it. One that is being stored may have its
 * revision already, which we do not know, below one that a settled slot got meanwhile.
 * @returns undefined when nothing can go
 */
export function purgeLimit(slots: Iterable<Slot>): number | undefined {
  let needed = Number.POSITIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  let highest = 0
  for (const slot of slots) {
    if (slot.revision === 0) needed = Math.min(needed, slot.revisionAbove + 1)
    else if (isOpen(slot)) needed = Math.min(needed, slot.revision)
    else [lowest, highest] = [Math.min(lowest, slot.revision), Math.max(highest, slot.revision)]
  }
  const limit = Math.min(needed, highest + 1)
  return lowest < limit ? limit : undefined
}
