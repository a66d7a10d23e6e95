import { lookup } from 'node:dns'
import { ConnectorError, guardedLookup, type Hex, isLinkLocalAddress, isPrivateAddress } from '@kms-connector/protocol'
import { Agent } from 'undici'
import type { BucketUrl } from './bucketUrl.ts'
import type { Ceiling } from './ceiling.ts'
import { type Caller, Deadline } from './deadline.ts'
import { transportFault } from './fault.ts'
import { startKeccak } from './keccak.ts'
import type { CiphertextSource, VerifiedObject } from './source.ts'
import { Transfer } from './transfer.ts'

export interface DownloadOptions {
  readonly connectTimeoutMs: number
  /** Whole GET from the first byte sent to the last received, without waiting for our own ceilings. */
  readonly getTimeoutMs: number
  readonly connectionsPerOrigin: number
  readonly maxCiphertextBytes: number
  readonly allowLinkLocal: boolean
  readonly allowPrivate: boolean
  readonly gets: Ceiling
  readonly bytesInFlight: Ceiling
}

/**
 * Anonymous GETs from registered buckets: plain HTTP without a signature and without following redirects, so that only
 * the registered host is ever asked.
 */
export class Downloader {
  readonly #options: DownloadOptions
  readonly #agent: Agent

  constructor(options: DownloadOptions) {
    this.#options = options
    this.#agent = new Agent({
      connections: options.connectionsPerOrigin,
      connect: {
        timeout: options.connectTimeoutMs,
        lookup: guardedLookup(lookup, forbiddenBy(options), refusal),
      },
      // Our own deadline covers both, and stands still while we wait for our own ceilings.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  source(bucket: BucketUrl): CiphertextSource {
    const { origin, pathname } = new URL(bucket.base)
    const folder = pathname.endsWith('/') ? pathname : `${pathname}/`
    return {
      name: bucket.base,
      // The digits of a digest need no escaping.
      get: (digest, caller) => this.#get({ origin, path: `${folder}${digest.slice(2)}` }, bucket.base, digest, caller),
    }
  }

  /** Drops every connection. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async #get(target: Target, source: string, digest: Hex, caller: Caller): Promise<VerifiedObject> {
    const { gets, getTimeoutMs: ms, maxCiphertextBytes: maxBytes, bytesInFlight } = this.#options
    const release = await gets.acquire(1, caller)
    const deadline = new Deadline(
      ms,
      caller,
      () => new ConnectorError('CIPHERTEXT_TIMEOUT', `not received within ${ms} ms`, { source }),
    )
    try {
      const transfer = new Transfer({ digest, source, maxBytes, bytesInFlight, deadline }, await startKeccak())
      try {
        deadline.throwIfAborted()
        this.#agent.dispatch({ ...target, method: 'GET', headers: HEADERS }, transfer)
      } catch (fault) {
        transfer.fail(fault)
      }
      return await transfer.object
    } catch (fault) {
      caller.throwIfAborted()
      throw transportFault(deadline.aborted ? deadline.reason : fault, source)
    } finally {
      deadline.end()
      release()
    }
  }
}

/** Where an object is. */
interface Target {
  readonly origin: string
  readonly path: string
}

const HEADERS = { accept: '*/*', 'accept-encoding': 'identity' }

/** What a registered name must not resolve to. */
function forbiddenBy({ allowLinkLocal, allowPrivate }: DownloadOptions): (address: string) => boolean {
  return address => (isLinkLocalAddress(address) ? !allowLinkLocal : !allowPrivate && isPrivateAddress(address))
}

const refusal = (hostname: string) =>
  new ConnectorError('BUCKET_URL_INVALID', `${hostname} resolves to a private or link-local address`, { hostname })
