import { randomUUID } from 'node:crypto'
import { ConnectorError } from '@kms-connector/protocol'
import { headers, type StoredMsg } from 'nats'
import { apiErrorCode, faultText, isMessageMissing, publishFault, WRONG_LAST_SEQUENCE } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { untilCertain } from './untilCertain.ts'

export interface KeyValueEntry {
  readonly key: string
  readonly value: Uint8Array
  /** Sequence number of this value in the bucket's stream: what compare-and-set compares. */
  readonly revision: number
  /** Milliseconds since the epoch. */
  readonly storedAt: number
}

export type CreateResult =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'exists'; readonly entry: KeyValueEntry }

export type UpdateResult =
  | { readonly kind: 'written'; readonly revision: number }
  /** Somebody else wrote the key; `entry` is undefined when it was deleted. */
  | { readonly kind: 'conflict'; readonly entry: KeyValueEntry | undefined }

const KEY = /^[-/=_a-zA-Z0-9]+(?:\.[-/=_a-zA-Z0-9]+)*$/
const OPERATION_HEADER = 'KV-Operation'
const MESSAGE_ID_HEADER = 'Nats-Msg-Id'
const ATTEMPT_TIMEOUT_MS = 2_000
const CONCURRENT_READS = 16

/**
 * A key-value bucket with compare-and-set that is certain: an unanswered write is repeated under the same message id,
 * so the caller learns what really happened and never mistakes its own write for somebody else's. Reads come from the
 * leader of the bucket. Operations throw ConnectorError BROKER_UNAVAILABLE after 30 s, or the reason of their signal;
 * a write that ended so may or may not have happened.
 */
export class KeyValue {
  readonly #broker: Broker
  readonly #stream: string
  readonly #prefix: string

  /** @param bucket one of the buckets that the topology provisions */
  constructor(broker: Broker, bucket: string) {
    this.#broker = broker
    this.#stream = `KV_${bucket}`
    this.#prefix = `$KV.${bucket}.`
  }

  /** @returns the newest value, undefined when the key was never written or is deleted */
  async get(key: string, signal?: AbortSignal): Promise<KeyValueEntry | undefined> {
    return entryOf(key, await this.#newest(key, signal))
  }

  /** Writes a key that must not exist. A deleted key does not exist. */
  async create(key: string, value: Uint8Array, signal?: AbortSignal): Promise<CreateResult> {
    let expected = 0
    for (;;) {
      const revision = await this.#write(key, value, expected, signal)
      if (revision !== undefined) return { kind: 'written', revision }
      const newest = await this.#newest(key, signal)
      const entry = entryOf(key, newest)
      if (entry) return { kind: 'exists', entry }
      // Deleted: the new value has to follow the mark that the deletion left.
      expected = newest?.seq ?? 0
    }
  }

  /** Writes a key whose newest value must have the given revision. */
  async update(key: string, value: Uint8Array, revision: number, signal?: AbortSignal): Promise<UpdateResult> {
    const written = await this.#write(key, value, revision, signal)
    if (written !== undefined) return { kind: 'written', revision: written }
    return { kind: 'conflict', entry: await this.get(key, signal) }
  }

  /** Deletes a key whose newest value must have the given revision, leaving a mark. */
  async delete(key: string, revision: number, signal?: AbortSignal): Promise<UpdateResult> {
    const written = await this.#write(key, new Uint8Array(), revision, signal, 'DEL')
    if (written !== undefined) return { kind: 'written', revision: written }
    return { kind: 'conflict', entry: await this.get(key, signal) }
  }

  /** @param prefix key tokens such as "slot"; without it every key of the bucket. Deleted keys are listed too. */
  async keys(prefix?: string, signal?: AbortSignal): Promise<readonly string[]> {
    const filter = prefix === undefined ? `${this.#prefix}>` : `${this.#subject(prefix)}.>`
    const info = await this.#read(
      () => this.#broker.manager.streams.info(this.#stream, { subjects_filter: filter }),
      signal,
    )
    return Object.keys(info?.state.subjects ?? {}).map(subject => subject.slice(this.#prefix.length))
  }

  /** @returns the newest value of every key that is not deleted, in no particular order. Not a snapshot. */
  async entries(prefix?: string, signal?: AbortSignal): Promise<readonly KeyValueEntry[]> {
    const keys = await this.keys(prefix, signal)
    const entries: KeyValueEntry[] = []
    for (let i = 0; i < keys.length; i += CONCURRENT_READS) {
      const some = await Promise.all(keys.slice(i, i + CONCURRENT_READS).map(key => this.get(key, signal)))
      entries.push(...some.filter(entry => entry !== undefined))
    }
    return entries
  }

  /**
   * Removes values without leaving marks: of one key, or of every key under a prefix.
   * @param before only revisions below this one; without it all of them. Afterwards `create` succeeds again for a key
   *   that lost its last value.
   */
  async purge(keyOrPrefix: string, before?: number, signal?: AbortSignal): Promise<void> {
    const seq = before === undefined ? {} : { seq: before }
    for (const filter of [this.#subject(keyOrPrefix), `${this.#subject(keyOrPrefix)}.>`]) {
      await this.#read(() => this.#broker.manager.streams.purge(this.#stream, { filter, ...seq }), signal)
    }
  }

  /** @returns the new revision, or undefined when the newest revision is not the expected one */
  async #write(key: string, value: Uint8Array, expected: number, signal: AbortSignal | undefined, operation?: 'DEL') {
    const subject = this.#subject(key)
    const msgID = randomUUID()
    const wait = this.#broker.waits.begin()
    let unanswered = false
    const attempt = async () => {
      const marks = headers()
      if (operation) marks.set(OPERATION_HEADER, operation)
      const expect = { lastSubjectSequence: expected }
      try {
        const options = { msgID, expect, headers: marks, timeout: ATTEMPT_TIMEOUT_MS }
        return (await this.#broker.jetstream.publish(subject, value, options)).seq
      } catch (fault) {
        if (apiErrorCode(fault) === WRONG_LAST_SEQUENCE) return unanswered ? this.#ours(key, msgID, signal) : undefined
        if (publishFault(fault) === 'too-large') {
          throw new ConnectorError('MESSAGE_TOO_LARGE', `${subject} with ${value.length} bytes`, {}, fault)
        }
        const code = publishFault(fault) === 'full' ? 'STREAM_FULL' : 'BROKER_UNAVAILABLE'
        wait.failed(new ConnectorError(code, `${subject}: ${faultText(fault)}`, {}, fault))
        unanswered = true
        throw fault
      }
    }
    return untilCertain(subject, attempt, signal).finally(wait.end)
  }

  /**
   * Whether the newest value is the one that an earlier attempt wrote: nats-server 2.9 recognises the message id of a
   * repetition, 2.15 compares the sequence first and refuses it.
   */
  async #ours(key: string, msgId: string, signal: AbortSignal | undefined): Promise<number | undefined> {
    const newest = await this.#newest(key, signal)
    return newest?.header.get(MESSAGE_ID_HEADER) === msgId ? newest.seq : undefined
  }

  #newest(key: string, signal: AbortSignal | undefined): Promise<StoredMsg | undefined> {
    const query = { last_by_subj: this.#subject(key) }
    return this.#read(() => this.#broker.manager.streams.getMessage(this.#stream, query), signal)
  }

  #read<T>(question: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    const attempt = async () => {
      try {
        return await question()
      } catch (fault) {
        if (isMessageMissing(fault)) return undefined
        throw fault
      }
    }
    return untilCertain(this.#stream, attempt, signal)
  }

  #subject(key: string): string {
    if (!KEY.test(key)) throw new ConnectorError('INTERNAL', `"${key.slice(0, 80)}" is no key`)
    return `${this.#prefix}${key}`
  }
}

function entryOf(key: string, stored: StoredMsg | undefined): KeyValueEntry | undefined {
  if (!stored || stored.header.has(OPERATION_HEADER)) return undefined
  return { key, value: stored.data, revision: stored.seq, storedAt: stored.time.getTime() }
}
