import { BODY_VERSION, decodeBody, encodeBody } from '@kms-connector/protocol'
import type { KeyValue, KeyValueEntry, StreamIdentity } from '@kms-connector/streams'
import { z } from 'zod'

const schema = z.object({ v: z.literal(BODY_VERSION), seq: z.number().int().nonnegative(), created: z.string() })

/**
 * How far a stream is reconciled: nothing is open up to `seq`. Only saves work: one that is lost, or that another listener
 * moved, costs reading.
 */
export class ReconcileCursor {
  readonly #bucket: KeyValue
  readonly #key: string
  #entry: KeyValueEntry | undefined

  /** @param stream whose cursor this is */
  constructor(bucket: KeyValue, stream: string) {
    this.#bucket = bucket
    this.#key = `reconciled.${stream}`
  }

  /** @returns 0 when there is none for this incarnation of the stream, or for one that ends before it */
  async load({ created, lastSeq }: StreamIdentity, signal: AbortSignal): Promise<number> {
    this.#entry = await this.#bucket.get(this.#key, signal)
    const stored = this.#entry && read(this.#entry.value)
    return stored && stored.created === created && stored.seq <= lastSeq ? stored.seq : 0
  }

  async store(seq: number, { created }: StreamIdentity, signal: AbortSignal): Promise<void> {
    const body = encodeBody({ v: BODY_VERSION, seq, created })
    if (this.#entry && Buffer.from(this.#entry.value).equals(body)) return
    if (this.#entry) await this.#bucket.update(this.#key, body, this.#entry.revision, signal)
    else await this.#bucket.create(this.#key, body, signal)
    this.#entry = await this.#bucket.get(this.#key, signal)
  }
}

function read(value: Uint8Array): z.infer<typeof schema> | undefined {
  try {
    return decodeBody(schema, value)
  } catch {
    return undefined
  }
}
