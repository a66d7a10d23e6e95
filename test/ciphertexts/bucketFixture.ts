import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { CiphertextStore, type CiphertextStoreOptions } from '@kms-connector/ciphertexts'
import type { Address, CiphertextRef, Hex } from '@kms-connector/protocol'
import {
  type CtFormat,
  type S3Fault,
  type S3Observation,
  type S3Server,
  startS3,
  uploadCiphertext,
} from '../../apps/devnet/src/s3/index.ts'

/** Coprocessors of the tests; the n-th has registered the n-th URL. */
export const coprocessor = (index: number): Address => `0x${index.toString(16).padStart(40, '0')}`

/** A server with the public buckets `one` and `two`; faults are set for a bucket by name. */
export async function startBuckets(t: TestContext) {
  const faults = new Map<string, (request: S3Observation) => S3Fault | undefined>()
  const reads: string[] = []
  const server = await startS3({
    buckets: { one: 'public-read', two: 'public-read' },
    faults: request => {
      if (request.method !== 'GET') return undefined
      reads.push(request.bucket)
      return faults.get(request.bucket)?.(request)
    },
  })
  t.after(() => server.stop())
  return { server, faults, reads }
}

/** A store whose coprocessors have registered these URLs; closed after the test. */
export function openStore(
  t: TestContext,
  urls: readonly string[],
  options: Partial<CiphertextStoreOptions> = {},
): CiphertextStore {
  const registered = new Map(urls.map((url, index) => [coprocessor(index), url]))
  const store = new CiphertextStore({
    allowPrivate: true,
    bucketsOf: async addresses => new Map([...registered].filter(([address]) => addresses.includes(address))),
    ...options,
    limits: { roundPauseMs: 1, getTimeoutMs: 5000, ...options.limits },
  })
  t.after(() => store.close())
  return store
}

/** @returns a reference to bytes that are stored in every one of the buckets. */
export async function stored(
  server: S3Server,
  buckets: readonly string[],
  bytes: Uint8Array = randomBytes(2000),
  format: CtFormat = 'uncompressed_on_cpu',
): Promise<CiphertextRef> {
  let digest: Hex = '0x'
  for (const bucket of buckets) digest = await uploadCiphertext(server.url, bucket, bytes, format)
  return refOf(digest)
}

/** @returns a reference held by the first two coprocessors. */
export function refOf(digest: Hex): CiphertextRef {
  return { handle: `0x${randomBytes(32).toString('hex')}`, digest, coprocessors: [coprocessor(0), coprocessor(1)] }
}

export const never = new AbortController().signal
