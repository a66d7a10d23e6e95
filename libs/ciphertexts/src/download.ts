import { lookup } from 'node:dns'
import { ConnectorError, guardedLookup, type Hex, isLinkLocalAddress, isPrivateAddress } from '@kms-connector/protocol'
import { Agent, type Dispatcher } from 'undici'
import { type BucketUrl, objectUrl } from './bucketUrl.ts'
import type { Ceiling } from './ceiling.ts'
import { Deadline } from './deadline.ts'
import { s3CodeOf, statusFault, transportFault } from './fault.ts'
import { formatOf } from './format.ts'
import { receiveBody } from './receiveBody.ts'
import type { CiphertextSource, VerifiedObject } from './source.ts'

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

/** As much of an error body as is read to find its code. */
const MAX_ERROR_BODY = 4096

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
    return { name: bucket.base, get: (digest, signal) => this.#get(bucket, digest, signal) }
  }

  /** Drops every connection. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async #get(bucket: BucketUrl, digest: Hex, signal: AbortSignal): Promise<VerifiedObject> {
    const release = await this.#options.gets.acquire(1, signal)
    const source = bucket.base
    const ms = this.#options.getTimeoutMs
    const deadline = new Deadline(
      ms,
      signal,
      () => new ConnectorError('CIPHERTEXT_TIMEOUT', `not received within ${ms} ms`, { source }),
    )
    try {
      return await this.#receive(objectUrl(bucket, digest.slice(2)), digest, source, deadline)
    } catch (fault) {
      signal.throwIfAborted()
      throw transportFault(deadline.signal.aborted ? deadline.signal.reason : fault, source)
    } finally {
      deadline.end()
      release()
    }
  }

  async #receive(url: string, digest: Hex, source: string, deadline: Deadline): Promise<VerifiedObject> {
    const { origin, pathname } = new URL(url)
    const headers = { accept: '*/*', 'accept-encoding': 'identity' }
    const answer = await this.#agent.request({
      origin,
      path: pathname,
      method: 'GET',
      headers,
      signal: deadline.signal,
    })
    try {
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw statusFault(answer.statusCode, s3CodeOf(await startOf(answer.body)), source)
      }
      const length = headerOf(answer, 'content-length')
      const { maxCiphertextBytes: maxBytes, bytesInFlight } = this.#options
      const expected = {
        length: length === undefined ? undefined : Number(length),
        maxBytes,
        digest,
        source,
        bytesInFlight,
        deadline,
      }
      const bytes = await receiveBody(answer.body, expected)
      return { bytes, format: formatOf(headerOf(answer, 'x-amz-meta-ct-format')) }
    } finally {
      // Does nothing after a body that was read to its end; otherwise the connection cannot be used again.
      answer.body.on('error', () => undefined).destroy()
    }
  }
}

/** What a registered name must not resolve to. */
function forbiddenBy({ allowLinkLocal, allowPrivate }: DownloadOptions): (address: string) => boolean {
  return address => (isLinkLocalAddress(address) ? !allowLinkLocal : !allowPrivate && isPrivateAddress(address))
}

const refusal = (hostname: string) =>
  new ConnectorError('BUCKET_URL_INVALID', `${hostname} resolves to a private or link-local address`, { hostname })

async function startOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MAX_ERROR_BODY) break
  }
  return Buffer.concat(chunks).toString('latin1', 0, MAX_ERROR_BODY)
}

function headerOf(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}
