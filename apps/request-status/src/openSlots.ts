import { BODY_VERSION, ConnectorError, decodeBody, hex32Schema } from '@kms-connector/protocol'
import type { KeyValue, KeyValueEntry } from '@kms-connector/streams'
import { z } from 'zod'
import type { OpenSlot } from './facts.ts'

/** The part of a slot of the sender's ledger that is shown. The signed bytes are not even read. */
const slotSchema = z.object({
  v: z.literal(BODY_VERSION),
  nonce: z.number().int().nonnegative(),
  id: z.string(),
  attempts: z.array(z.object({ hash: hex32Schema, signedAt: z.number() })).min(1),
})
type Slot = z.infer<typeof slotSchema>

const PREFIX = 'slot'
/** Slots looked at: many times what a sender keeps open. Requests beyond the newest ones just stay `answered`. */
const MAX_SLOTS = 4_096
const CONCURRENT_READS = 16
/** How long after its start a listing of slots serves everybody who asks, in milliseconds. */
export const FRESH_MS = 250

/**
 * Finds the open slot of a request in the sender's ledger, whose keys are nonces. Every slot is read once, while somebody
 * asks, because a nonce never changes the request it belongs to; a found slot is read again for its newest transaction.
 */
export class OpenSlots {
  readonly #ledger: KeyValue
  readonly #idByNonce = new Map<number, string>()
  #nonceById: ReadonlyMap<string, number> = new Map()
  #refreshing: Promise<void> | undefined
  #freshUntil = 0

  /** @param ledger bucket `tx_slots` */
  constructor(ledger: KeyValue) {
    this.#ledger = ledger
  }

  /**
   * @returns the slot with the highest nonce of this request, undefined when none is open
   * @throws ConnectorError BROKER_UNAVAILABLE
   */
  async find(id: string): Promise<OpenSlot | undefined> {
    await this.refresh()
    const nonce = this.#nonceById.get(id)
    if (nonce === undefined) return undefined
    const entry = await this.#ledger.get(`${PREFIX}.${nonce}`)
    const slot = entry && slotOf(entry)
    if (slot?.id !== id) return undefined
    const newest = slot.attempts.at(-1)
    const oldest = slot.attempts[0]
    if (!newest || !oldest) return undefined
    return { nonce, hash: newest.hash, attempts: slot.attempts.length, firstSignedAt: oldest.signedAt }
  }

  /** Whether the last listing had a slot of this request. */
  has(id: string): boolean {
    return this.#nonceById.has(id)
  }

  /** Lists the ledger, unless that was done just now. */
  refresh(): Promise<void> {
    if (performance.now() < this.#freshUntil) return Promise.resolve()
    this.#refreshing ??= this.#list().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #list(): Promise<void> {
    const started = performance.now()
    const keys = await this.#ledger.keys(PREFIX)
    const nonces = keys
      .flatMap(key => nonceOf(key) ?? [])
      .sort((a, b) => b - a)
      .slice(0, MAX_SLOTS)
    const listed = new Set(nonces)
    for (const nonce of this.#idByNonce.keys()) if (!listed.has(nonce)) this.#idByNonce.delete(nonce)
    const unknown = nonces.filter(nonce => !this.#idByNonce.has(nonce))
    for (let i = 0; i < unknown.length; i += CONCURRENT_READS) {
      await Promise.all(unknown.slice(i, i + CONCURRENT_READS).map(nonce => this.#learn(nonce)))
    }
    // In descending order of nonces the last one set would be the oldest.
    this.#nonceById = new Map([...this.#idByNonce].sort(([a], [b]) => a - b).map(([nonce, id]) => [id, nonce]))
    this.#freshUntil = started + FRESH_MS
  }

  async #learn(nonce: number): Promise<void> {
    const entry = await this.#ledger.get(`${PREFIX}.${nonce}`)
    const slot = entry && slotOf(entry)
    if (slot) this.#idByNonce.set(nonce, slot.id)
  }
}

function nonceOf(key: string): number | undefined {
  const digits = key.startsWith(`${PREFIX}.`) ? key.slice(PREFIX.length + 1) : ''
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}

/** A slot written by a build that this one does not understand counts as absent. */
function slotOf({ value }: KeyValueEntry): Slot | undefined {
  try {
    return decodeBody(slotSchema, value)
  } catch (fault) {
    if (fault instanceof ConnectorError) return undefined
    throw fault
  }
}
