import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { ConnectorError, type Hex, isLinkLocalHost } from '@kms-connector/protocol'
import type { Ceiling } from './ceiling.ts'
import { type Caller, Deadline } from './deadline.ts'
import { statusFault, transportFault } from './fault.ts'
import { formatOf } from './format.ts'
import { receiveBody } from './receiveBody.ts'
import type { CiphertextSource, VerifiedObject } from './source.ts'

export interface FallbackBucketCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The operator's own bucket, asked when no registered one gives a ciphertext. */
export interface FallbackBucketOptions {
  readonly region: string
  readonly bucket: string
  /** Absent: the AWS endpoint of the region. */
  readonly endpoint?: string
  /** Absent: unsigned requests. `ambient`: what the AWS SDK finds in environment, shared files or web identity. */
  readonly credentials?: FallbackBucketCredentials | 'ambient'
  /** All attempts together until the answer starts; 1,000 ms unless told. */
  readonly operationTimeoutMs?: number
  /** One attempt until its answer starts; 750 ms unless told. */
  readonly attemptTimeoutMs?: number
  /** 2 unless told. */
  readonly attempts?: number
  /** Pause between attempts; 50 ms unless told. */
  readonly backoffMs?: number
}

/** What the bucket shares with the other sources. */
export interface FallbackBucketLimits {
  /** For the body, once its answer has started. */
  readonly getTimeoutMs: number
  readonly maxCiphertextBytes: number
  readonly gets: Ceiling
  readonly bytesInFlight: Ceiling
}

/** Reads ciphertexts by their digest from one configured bucket through the AWS SDK. */
export class FallbackBucket implements CiphertextSource {
  readonly name: string
  readonly #client: S3Client
  readonly #bucket: string
  readonly #limits: FallbackBucketLimits
  readonly #timing: {
    readonly operationMs: number
    readonly attemptMs: number
    readonly attempts: number
    readonly backoffMs: number
  }

  /** @throws ConnectorError SETTINGS_INVALID for an endpoint that is no http(s) URL */
  constructor(options: FallbackBucketOptions, limits: FallbackBucketLimits) {
    this.name = `fallback bucket ${options.bucket}`
    this.#client = new S3Client(clientConfig(options))
    this.#bucket = options.bucket
    this.#limits = limits
    this.#timing = {
      operationMs: options.operationTimeoutMs ?? 1000,
      attemptMs: options.attemptTimeoutMs ?? 750,
      attempts: options.attempts ?? 2,
      backoffMs: options.backoffMs ?? 50,
    }
  }

  async get(digest: Hex, caller: Caller): Promise<VerifiedObject> {
    const release = await this.#limits.gets.acquire(1, caller)
    try {
      return await this.#receive(await this.#open(digest, caller), digest, caller)
    } catch (fault) {
      caller.throwIfAborted()
      throw sdkFault(fault, this.name)
    } finally {
      release()
    }
  }

  close(): void {
    this.#client.destroy()
  }

  /** Retries are ours: those of the SDK have a backoff of their own and an attempt timeout that stops at the headers. */
  async #open(digest: Hex, caller: Caller): Promise<GetObjectCommandOutput> {
    const { operationMs, attemptMs, attempts, backoffMs } = this.#timing
    const operation = new Deadline(operationMs, caller, timedOut)
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: digest.slice(2) })
    try {
      for (let attempt = 1; ; attempt++) {
        const one = new Deadline(attemptMs, operation, timedOut)
        try {
          return await this.#client.send(command, { abortSignal: one.signal })
        } catch (fault) {
          operation.throwIfAborted()
          const error = sdkFault(one.aborted ? one.reason : fault, this.name)
          if (attempt >= attempts || error.code === 'CIPHERTEXT_MISSING') throw error
        } finally {
          one.end()
        }
        await sleep(backoffMs, undefined, { signal: operation.signal })
      }
    } finally {
      operation.end()
    }
  }

  async #receive(answer: GetObjectCommandOutput, digest: Hex, caller: Caller): Promise<VerifiedObject> {
    const source = this.name
    const { getTimeoutMs: ms, maxCiphertextBytes: maxBytes, bytesInFlight } = this.#limits
    const body = answer.Body as Readable // CAST: in Node the SDK answers with a stream of its http module
    const deadline = new Deadline(
      ms,
      caller,
      () => new ConnectorError('CIPHERTEXT_TIMEOUT', `not received within ${ms} ms`, { source }),
    )
    const unlisten = deadline.onAbort(() => body.destroy(toError(deadline.reason)))
    try {
      const expected = { length: answer.ContentLength, maxBytes, digest, source, bytesInFlight, deadline }
      return { bytes: await receiveBody(body, expected), format: formatOf(answer.Metadata?.['ct-format']) }
    } finally {
      unlisten()
      deadline.end()
      body.on('error', () => undefined).destroy()
    }
  }
}

function clientConfig({ region, endpoint, credentials }: FallbackBucketOptions): S3ClientConfig {
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new ConnectorError('SETTINGS_INVALID', 'the endpoint of the fallback bucket is no http(s) URL')
  }
  if (endpoint !== undefined && isLinkLocalHost(new URL(endpoint).hostname)) {
    throw new ConnectorError(
      'SETTINGS_INVALID',
      'the endpoint of the fallback bucket is a link-local or metadata address',
    )
  }
  const common: S3ClientConfig = {
    region,
    maxAttempts: 1,
    // The keccak256 of the chain is stronger than any checksum that the bucket computed itself.
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  }
  if (credentials === 'ambient') return common
  if (credentials) return { ...common, credentials }
  return {
    ...common,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    signer: { sign: async request => request },
  }
}

function sdkFault(fault: unknown, source: string): ConnectorError {
  if (!(fault instanceof S3ServiceException)) return transportFault(fault, source)
  return statusFault(fault.$metadata.httpStatusCode ?? fault.$response?.statusCode ?? 0, fault.name, source)
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

function timedOut(): Error {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError')
}
