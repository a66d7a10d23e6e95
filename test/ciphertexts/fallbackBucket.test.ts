import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { FallbackBucketOptions } from '@kms-connector/ciphertexts'
import { BIG_COMPRESSED } from '@kms-connector/protocol'
import { type S3Fault, s3ClientFor, startS3, uploadCiphertext } from '../../apps/devnet/src/s3/index.ts'
import { never, openStore, refOf } from './bucketFixture.ts'

const CREDENTIALS = { accessKeyId: 'operator', secretAccessKey: 'a long secret of the operator' }

/** A server with a private bucket `own` that holds one ciphertext, and a public one without it. */
async function startPrivate(t: TestContext) {
  const faults: S3Fault[] = []
  const reads: string[] = []
  const server = await startS3({
    buckets: { own: 'private', open: 'public-read' },
    credentials: [CREDENTIALS],
    faults: ({ method, bucket }) => {
      if (method !== 'GET') return undefined
      reads.push(bucket)
      return bucket === 'own' ? faults.shift() : undefined
    },
  })
  t.after(() => server.stop())
  const client = s3ClientFor(server.url, CREDENTIALS)
  t.after(() => client.destroy())
  const ref = refOf(await uploadCiphertext(client, 'own', randomBytes(1000), 'compressed_on_gpu'))
  const fallback: FallbackBucketOptions = {
    region: 'eu-west-1',
    bucket: 'own',
    endpoint: server.url,
    credentials: CREDENTIALS,
  }
  return { server, faults, reads, ref, fallback }
}

test('the fallback bucket is asked last, with a signature', async t => {
  const { server, reads, ref, fallback } = await startPrivate(t)
  const store = openStore(t, [server.bucketUrl('open')], { fallback, limits: { rounds: 2 } })
  const fetched = await store.fetch(ref, never)
  assert.deepEqual([fetched.bytes.length, fetched.format], [1000, BIG_COMPRESSED])
  assert.deepEqual(reads, ['open', 'open', 'own'])
  assert.equal(
    (await openStore(t, [], { fallback }).fetch(ref, never)).bytes.length,
    1000,
    'also when nothing is registered',
  )
})

test('the server really checks the signature', async t => {
  const { ref, fallback } = await startPrivate(t)
  const { credentials: _, ...anonymous } = fallback
  const wrong = { ...fallback, credentials: { ...CREDENTIALS, secretAccessKey: 'another secret' } }
  const unknown = { ...fallback, credentials: { ...CREDENTIALS, accessKeyId: 'somebody' } }
  await assert.rejects(openStore(t, [], { fallback: anonymous }).fetch(ref, never), {
    code: 'CIPHERTEXT_MISSING',
    message: /AccessDenied/,
  })
  await assert.rejects(openStore(t, [], { fallback: wrong }).fetch(ref, never), {
    code: 'CIPHERTEXT_UNAVAILABLE',
    message: /SignatureDoesNotMatch/,
  })
  await assert.rejects(openStore(t, [], { fallback: unknown }).fetch(ref, never), {
    code: 'CIPHERTEXT_UNAVAILABLE',
    message: /InvalidAccessKeyId/,
  })
})

test('without credentials a public bucket is read unsigned', async t => {
  const { server } = await startPrivate(t)
  const client = s3ClientFor(server.url, CREDENTIALS)
  t.after(() => client.destroy())
  const ref = refOf(await uploadCiphertext(client, 'open', randomBytes(10), 'compressed_on_cpu'))
  const fallback = { region: 'eu-west-1', bucket: 'open', endpoint: server.url }
  assert.equal((await openStore(t, [], { fallback }).fetch(ref, never)).bytes.length, 10)
})

const SECOND_CHANCE: readonly [what: string, fault: S3Fault, attempts: number][] = [
  ['status 500', { kind: 'status', status: 500 }, 2],
  ['status 503', { kind: 'status', status: 503, code: 'SlowDown' }, 2],
  ['no answer', { kind: 'never-answer' }, 2],
]

for (const [what, fault, attempts] of SECOND_CHANCE) {
  test(`${what} gets a second attempt and no third`, async t => {
    const { faults, reads, ref, fallback } = await startPrivate(t)
    const store = openStore(t, [], { fallback: { ...fallback, attemptTimeoutMs: 1_000, operationTimeoutMs: 20_000 } })
    faults.push(fault)
    assert.equal((await store.fetch(ref, never)).bytes.length, 1000)
    assert.equal(reads.length, attempts)
    faults.push(fault, fault)
    await assert.rejects(store.fetch(ref, never), {
      code: fault.kind === 'never-answer' ? 'CIPHERTEXT_TIMEOUT' : 'CIPHERTEXT_UNAVAILABLE',
    })
    assert.equal(reads.length, 2 * attempts)
  })
}

const IN_BODY: readonly [what: string, fault: S3Fault, code: string][] = [
  ['wrong bytes', { kind: 'wrong-bytes' }, 'CIPHERTEXT_DIGEST_MISMATCH'],
  ['a body cut short', { kind: 'cut', afterBytes: 10 }, 'CIPHERTEXT_UNAVAILABLE'],
  ['a body that stalls', { kind: 'stall' }, 'CIPHERTEXT_TIMEOUT'],
  ['an endless body', { kind: 'endless-body' }, 'CIPHERTEXT_TOO_LARGE'],
  ['a bucket that is gone', { kind: 'status', status: 404, code: 'NoSuchBucket' }, 'CIPHERTEXT_UNAVAILABLE'],
  ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }, 'CIPHERTEXT_UNAVAILABLE'],
  ['a missing object', { kind: 'status', status: 404, code: 'NoSuchKey' }, 'CIPHERTEXT_MISSING'],
]

for (const [what, fault, code] of IN_BODY) {
  test(`${what} is ${code}`, async t => {
    const { faults, ref, fallback } = await startPrivate(t)
    faults.push(fault, fault)
    const limits = { getTimeoutMs: 200, maxCiphertextBytes: 100_000 }
    await assert.rejects(openStore(t, [], { fallback, limits }).fetch(ref, never), { code })
  })
}

for (const kind of ['never-answer', 'stall'] as const) {
  test(`an abort ends "${kind}" with the reason of the caller`, async t => {
    const { faults, reads, ref, fallback } = await startPrivate(t)
    faults.push({ kind })
    const caller = new AbortController()
    const slow = { ...fallback, attemptTimeoutMs: 600_000, operationTimeoutMs: 600_000 }
    const fetching = openStore(t, [], { fallback: slow, limits: { getTimeoutMs: 600_000 } }).fetch(ref, caller.signal)
    while (reads.length === 0) await new Promise(resolve => setImmediate(resolve))
    caller.abort(new Error('shutting down'))
    await assert.rejects(fetching, /shutting down/)
  })
}

test('an endpoint that is no URL is a fault of the settings', t => {
  for (const endpoint of ['minio:9000', 'ftp://minio', '']) {
    assert.throws(() => openStore(t, [], { fallback: { region: 'r', bucket: 'b', endpoint } }), {
      code: 'SETTINGS_INVALID',
    })
  }
})
