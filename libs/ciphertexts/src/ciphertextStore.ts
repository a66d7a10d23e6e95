import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Address,
  type CiphertextRef,
  ConnectorError,
  type FetchedCiphertext,
  type Hex,
  toConnectorError,
} from '@kms-connector/protocol'
import { parseBucketUrl } from './bucketUrl.ts'
import { Ceiling } from './ceiling.ts'
import { type Caller, Deadline, onGivenUp } from './deadline.ts'
import { Downloader } from './download.ts'
import { FallbackBucket, type FallbackBucketOptions } from './fallbackBucket.ts'
import { type CiphertextLimits, DEFAULT_LIMITS } from './limits.ts'
import type { CiphertextSource, VerifiedObject } from './source.ts'
import { type SourceFault, worstFault } from './worstFault.ts'

type BucketUrls = ReadonlyMap<Address, string>

export interface CiphertextStoreOptions {
  /** Registered bucket URLs of coprocessors by their lower-case address; unknown ones are left out. */
  readonly bucketsOf: (addresses: readonly Address[]) => BucketUrls | Promise<BucketUrls>
  readonly fallback?: FallbackBucketOptions
  readonly limits?: Partial<CiphertextLimits>
  /** Accept link-local bucket addresses; false unless told. */
  readonly allowLinkLocal?: boolean
  /** Accept registered buckets on this machine and on private networks; false unless told. */
  readonly allowPrivate?: boolean
  /** Told of every source that failed, also when a later one succeeds: for logs and metrics. */
  readonly onSourceFault?: (fault: SourceFault, ref: CiphertextRef) => void
}

/** Takes note of the fault of a source; throws only when the caller has given up. */
type OnFault = (source: string, fault: unknown) => void

/** Registered URLs that are remembered, read. */
const MAX_SOURCES = 1024

/** Faults that the same source would repeat. */
const LASTING = new Set(['CIPHERTEXT_TOO_LARGE', 'BUCKET_URL_INVALID'])

/**
 * Ciphertexts from wherever they are to be had: the buckets of the coprocessors that agreed on them, in order and for
 * several rounds, then the fallback bucket. Only bytes with the right keccak256 ever come out. The ceilings hold for all
 * callers together.
 */
export class CiphertextStore {
  readonly #options: CiphertextStoreOptions
  readonly #limits: CiphertextLimits
  readonly #downloader: Downloader
  readonly #fallback: FallbackBucket | undefined
  readonly #sources = new Map<string, CiphertextSource | ConnectorError>()

  /** @throws ConnectorError SETTINGS_INVALID, RangeError for a ceiling below 1 */
  constructor(options: CiphertextStoreOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    const gets = new Ceiling(this.#limits.maxConcurrentGets)
    const bytesInFlight = new Ceiling(this.#limits.maxBytesInFlight)
    const shared = { ...this.#limits, gets, bytesInFlight }
    this.#downloader = new Downloader({
      ...shared,
      allowLinkLocal: options.allowLinkLocal ?? false,
      allowPrivate: options.allowPrivate ?? false,
    })
    this.#fallback = options.fallback && new FallbackBucket(options.fallback, shared)
  }

  /**
   * @returns the ciphertexts in the order of `refs`. When one cannot be had the others are cancelled, because a request
   * needs all of them.
   * @throws ConnectorError of the first that failed, with the most telling code of its sources; CIPHERTEXT_TOO_LARGE when
   * all together exceed `maxRequestBytes`; the reason of `signal` when it aborts
   */
  async fetchAll(refs: readonly CiphertextRef[], signal: AbortSignal): Promise<FetchedCiphertext[]> {
    const cancelled = new AbortController()
    const either = AbortSignal.any([signal, cancelled.signal])
    let total = 0
    const fetches = refs.map(async ref => {
      const fetched = await this.fetch(ref, either)
      total += fetched.bytes.length
      if (total > this.#limits.maxRequestBytes) {
        throw new ConnectorError(
          'CIPHERTEXT_TOO_LARGE',
          `${refs.length} ciphertexts together exceed ${this.#limits.maxRequestBytes} bytes`,
        )
      }
      return fetched
    })
    try {
      return await Promise.all(fetches)
    } catch (fault) {
      cancelled.abort(fault)
      await Promise.allSettled(fetches)
      throw fault
    }
  }

  /** @throws ConnectorError with the most telling code of all sources; the reason of `signal` when it aborts */
  async fetch(ref: CiphertextRef, signal: AbortSignal): Promise<FetchedCiphertext> {
    const faults = new Map<string, SourceFault>()
    const onFault = (source: string, fault: unknown): void => {
      signal.throwIfAborted()
      const known = { source, error: toConnectorError(fault) }
      faults.set(source, known)
      this.#options.onSourceFault?.(known, ref)
    }
    const object =
      (await this.#fromRegistered(ref, faults, onFault, signal)) ??
      (await this.#fallback?.get(ref.digest, signal).catch(fault => onFault(this.#fallback?.name ?? '', fault)))
    if (object) return { handle: ref.handle, ...object }
    throw worstFault([...faults.values()], { handle: ref.handle, digest: ref.digest })
  }

  /** Drops every connection; what is being fetched fails. */
  async close(): Promise<void> {
    this.#fallback?.close()
    await this.#downloader.close()
  }

  /** Asks all registered buckets in turn, `rounds` times, within `fetchTimeoutMs`: slow ones leave the fallback its turn. */
  async #fromRegistered(
    ref: CiphertextRef,
    faults: ReadonlyMap<string, SourceFault>,
    onFault: OnFault,
    caller: AbortSignal,
  ): Promise<VerifiedObject | undefined> {
    const { fetchTimeoutMs: ms, rounds, roundPauseMs } = this.#limits
    const reason = () => new ConnectorError('CIPHERTEXT_TIMEOUT', `no registered bucket gave it within ${ms} ms`)
    const deadline = new Deadline(ms, caller, reason)
    try {
      deadline.throwIfAborted()
      const sources = await this.#sourcesOf(ref, onFault, deadline)
      for (let round = 1; round <= rounds; round++) {
        const left = sources.filter(source => !LASTING.has(faults.get(source.name)?.error.code ?? ''))
        if (left.length === 0) return undefined
        if (round > 1) await sleep(roundPauseMs, undefined, { signal: deadline.signal })
        const object = await firstOf(left, ref.digest, onFault, deadline)
        if (object) return object
      }
    } catch (fault) {
      onFault('all registered buckets', deadline.aborted ? deadline.reason : fault)
    } finally {
      deadline.end()
    }
    return undefined
  }

  async #sourcesOf(ref: CiphertextRef, onFault: OnFault, deadline: Deadline): Promise<CiphertextSource[]> {
    const sources = new Map<string, CiphertextSource>()
    const known = this.#options.bucketsOf(ref.coprocessors)
    const urls = known instanceof Promise ? await untilGivenUp(known, deadline) : known
    for (const address of ref.coprocessors) {
      const url = urls.get(address)
      const source = url === undefined ? unregistered(address) : this.#sourceAt(url)
      if (source instanceof ConnectorError) onFault(address, source)
      else sources.set(source.name, source)
    }
    return [...sources.values()]
  }

  /** Reading a URL costs more than the rest of a fetch but its bytes, and there are few. */
  #sourceAt(url: string): CiphertextSource | ConnectorError {
    const before = this.#sources.get(url)
    if (before) return before
    const { allowLinkLocal = false, allowPrivate = false } = this.#options
    const bucket = parseBucketUrl(url, { allowLinkLocal, refusePrivate: !allowPrivate })
    const source = bucket instanceof ConnectorError ? bucket : this.#downloader.source(bucket)
    if (this.#sources.size >= MAX_SOURCES) this.#sources.clear()
    this.#sources.set(url, source)
    return source
  }
}

function unregistered(address: Address): ConnectorError {
  return new ConnectorError('COPROCESSOR_UNKNOWN', 'no bucket is registered', { address })
}

async function firstOf(
  sources: readonly CiphertextSource[],
  digest: Hex,
  onFault: OnFault,
  deadline: Deadline,
): Promise<VerifiedObject | undefined> {
  for (const source of sources) {
    try {
      return await source.get(digest, deadline)
    } catch (fault) {
      deadline.throwIfAborted()
      onFault(source.name, fault)
    }
  }
  return undefined
}

/** A promise that cannot be cancelled, waited for until the caller gives up. */
function untilGivenUp<T>(promise: Promise<T>, caller: Caller): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlisten = onGivenUp(caller, () => reject(caller.reason))
    promise.then(resolve, reject).finally(unlisten)
  })
}
