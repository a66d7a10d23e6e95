import { BODY_VERSION, ConnectorError, decodeBody, encodeBody } from '@kms-connector/protocol'
import {
  type Checkpoint,
  checkpointFault,
  type KeyValue,
  type LastRead,
  lastReadSchema,
  type StreamIdentity,
} from '@kms-connector/streams'
import { z } from 'zod'

const KEY = 'checkpoint'
const schema = z.object({
  v: z.literal(BODY_VERSION),
  seq: z.number().int().nonnegative(),
  created: z.string(),
  /** The newest message up to `seq`: that it is still the same shows that the stream is. */
  lastRead: lastReadSchema.optional(),
})

/** Where a sender goes on. */
export interface StoredCheckpoint {
  /** Sequence to continue after; 0 on the very first start. */
  readonly seq: number
  readonly lastRead: LastRead | undefined
}

/**
 * Where the sender stands on RESPONSES: everything up to `seq` is settled on chain or buried. It moves by
 * compare-and-set, so a second sender that moved it is noticed.
 */
export class CheckpointStore {
  readonly #bucket: KeyValue
  readonly #created: string
  #revision = 0

  /** @param created creation time of the RESPONSES stream the sequences belong to */
  constructor(bucket: KeyValue, created: string) {
    this.#bucket = bucket
    this.#created = created
  }

  /**
   * What was read last is for the reader to look at, at the start as at any other time.
   * @throws ConnectorError CHECKPOINT_INVALID (fatal) when the stream is not the one the checkpoint was made on
   */
  async load(identity: StreamIdentity, signal: AbortSignal): Promise<StoredCheckpoint> {
    const entry = await this.#bucket.get(KEY, signal)
    if (!entry) return { seq: 0, lastRead: undefined }
    const checkpoint: Checkpoint & Partial<StoredCheckpoint> = decodeBody(schema, entry.value)
    const fault = checkpointFault(checkpoint, identity)
    if (fault) throw fault
    this.#revision = entry.revision
    return { seq: checkpoint.seq, lastRead: checkpoint.lastRead }
  }

  /**
   * @throws ConnectorError LEASE_LOST when somebody else moved the checkpoint: a sender that was asleep with this write on its
   *   way, or one that acts by now. Both moved it over what is settled; what this one knows is out of date, not wrong.
   */
  async store({ seq, lastRead }: StoredCheckpoint, signal: AbortSignal): Promise<void> {
    const body = encodeBody({ v: BODY_VERSION, seq, created: this.#created, lastRead })
    const result =
      this.#revision === 0
        ? await this.#bucket.create(KEY, body, signal)
        : await this.#bucket.update(KEY, body, this.#revision, signal)
    if (result.kind === 'written') {
      this.#revision = result.revision
      return
    }
    // A write of ours that was never answered and is repeated much later meets itself.
    if (result.entry === undefined || !Buffer.from(body).equals(result.entry.value)) {
      throw new ConnectorError('LEASE_LOST', 'another sender moved the checkpoint', { seq })
    }
    this.#revision = result.entry.revision
  }
}
