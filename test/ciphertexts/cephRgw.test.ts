import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, suite, test } from 'node:test'
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { type FallbackBucketOptions, keccak256 } from '@kms-connector/ciphertexts'
import { BIG_COMPRESSED, BIG_EXPANDED, type CiphertextRef } from '@kms-connector/protocol'
import {
  type CephRgw,
  type CtFormat,
  cephRgwInstalled,
  s3ClientFor,
  startCephRgw,
  uploadCiphertext,
} from '../../apps/devnet/src/s3/index.ts'
import { never, openStore, refOf } from './bucketFixture.ts'

const CREDENTIALS = { accessKeyId: 'OPERATORKEY', secretAccessKey: 'a long secret of the operator' }
const MISSING = `0x${'00'.repeat(32)}` as const

const skip = cephRgwInstalled()
  ? false
  : 'Ceph RGW is not installed: `npm run test:s3` installs it and runs this, `node scripts/install-ceph-rgw.mjs` installs it'

// A skipped suite counts as no test at all; this one shows among the skipped in the closing lines.
if (skip) test('the tests against Ceph RGW', { skip })

suite('ciphertexts from Ceph RGW', { skip }, () => {
  let rgw: CephRgw
  let client: S3Client

  before(async () => {
    rgw = await startCephRgw({ accessKey: CREDENTIALS.accessKeyId, secretKey: CREDENTIALS.secretAccessKey })
    client = s3ClientFor(rgw.url, CREDENTIALS)
    for (const Bucket of ['ct128', 'private']) await client.send(new CreateBucketCommand({ Bucket }))
    await client.send(new PutBucketPolicyCommand({ Bucket: 'ct128', Policy: anonymousReadsOf('ct128') }))
  })

  after(async () => {
    client?.destroy()
    await rgw?.stop()
  })

  const upload = async (bucket: string, bytes: Uint8Array, format: CtFormat = 'uncompressed_on_cpu') =>
    refOf(await uploadCiphertext(client, bucket, bytes, format))

  const fallback = (bucket: string, credentials?: FallbackBucketOptions['credentials']): FallbackBucketOptions => ({
    region: 'us-east-1',
    bucket,
    endpoint: rgw.url,
    ...(credentials && { credentials }),
    // Whether a busy machine answers in time is not what is asked here.
    attemptTimeoutMs: 20_000,
    operationTimeoutMs: 40_000,
  })

  const FORMS: readonly [form: string, urlOf: (base: string) => string][] = [
    ['simple', base => `${base}/ct128`],
    ['a trailing slash', base => `${base}/ct128/`],
    ['several slashes', base => `${base}//ct128///`],
    ['path-style with a host name', base => `${base.replace('127.0.0.1', 'localhost')}/ct128`],
    ['upper-case scheme and blanks around', base => `  ${base.replace('http', 'HTTP')}/ct128 `],
  ]

  for (const [form, urlOf] of FORMS) {
    test(`a public bucket is read anonymously by its URL: ${form}`, async t => {
      const bytes = randomBytes(3000)
      const ref = await upload('ct128', bytes, 'compressed_on_cpu')
      const fetched = await openStore(t, [urlOf(rgw.url)]).fetch(ref, never)
      assert.deepEqual([fetched.handle, fetched.format], [ref.handle, BIG_COMPRESSED])
      assert.ok(bytes.equals(fetched.bytes))
    })
  }

  for (const [format, expected] of [
    ['compressed_on_gpu', BIG_COMPRESSED],
    ['uncompressed_on_cpu', BIG_EXPANDED],
    ['uncompressed_on_gpu', BIG_EXPANDED],
  ] as const) {
    test(`the server keeps the metadata Ct-Format ${format}`, async t => {
      const ref = await upload('ct128', randomBytes(10), format)
      assert.equal((await openStore(t, [`${rgw.url}/ct128`]).fetch(ref, never)).format, expected)
    })
  }

  for (const [what, size] of [
    ['an empty ciphertext', 0],
    ['a ciphertext of 1 MB', 1_000_000],
    ['a ciphertext of 9 MB, more than one part of the store', 9_000_000],
  ] as const) {
    test(`${what} arrives whole`, async t => {
      const bytes = randomBytes(size)
      const ref = await upload('ct128', bytes)
      assert.ok(bytes.equals((await openStore(t, [`${rgw.url}/ct128`]).fetch(ref, never)).bytes))
      assert.ok(bytes.equals((await openStore(t, [], { fallback: fallback('ct128') }).fetch(ref, never)).bytes))
    })
  }

  test('a ciphertext that was put as a stream, its checksum in the trailer, arrives without framing', async t => {
    const chunks = Array.from({ length: 16 }, () => randomBytes(64 * 1024))
    const bytes = Buffer.concat(chunks)
    const digest = await keccak256(bytes)
    const put = { Bucket: 'ct128', Key: digest.slice(2), Body: Readable.from(chunks), ContentLength: bytes.length }
    await client.send(new PutObjectCommand(put))
    assert.ok(bytes.equals((await openStore(t, [`${rgw.url}/ct128`]).fetch(refOf(digest), never)).bytes))
  })

  test('other bytes under the key of a ciphertext are refused', async t => {
    const digest = await keccak256(randomBytes(100))
    await client.send(new PutObjectCommand({ Bucket: 'ct128', Key: digest.slice(2), Body: randomBytes(100) }))
    await assert.rejects(openStore(t, [`${rgw.url}/ct128`]).fetch(refOf(digest), never), {
      code: 'CIPHERTEXT_DIGEST_MISMATCH',
    })
    const store = openStore(t, [], { fallback: fallback('ct128', CREDENTIALS) })
    await assert.rejects(store.fetch(refOf(digest), never), { code: 'CIPHERTEXT_DIGEST_MISMATCH' })
  })

  test('a length above the ceiling is refused', async t => {
    const ref = await upload('ct128', randomBytes(2000))
    const store = openStore(t, [`${rgw.url}/ct128`], { limits: { maxCiphertextBytes: 1999 } })
    await assert.rejects(store.fetch(ref, never), { code: 'CIPHERTEXT_TOO_LARGE', message: /announces 2000 bytes/ })
  })

  for (const [what, bucket, code, message] of [
    ['a missing key', 'ct128', 'CIPHERTEXT_MISSING', /HTTP 40[34] (?:NoSuchKey|AccessDenied)/],
    ['a missing bucket', 'nowhere', 'CIPHERTEXT_UNAVAILABLE', /HTTP 404 NoSuchBucket/],
    ['a private bucket', 'private', 'CIPHERTEXT_MISSING', /HTTP 403 AccessDenied/],
  ] as const) {
    test(`${what} is ${code}, registered or as the fallback without credentials`, async t => {
      const ref = bucket === 'private' ? await upload('private', randomBytes(10)) : refOf(MISSING)
      await assert.rejects(openStore(t, [`${rgw.url}/${bucket}`]).fetch(ref, never), { code, message })
      const store = openStore(t, [], { fallback: fallback(bucket) })
      await assert.rejects(store.fetch(ref, never), { code, message })
    })
  }

  test('the second coprocessor is asked after a private, a missing and an unusable bucket', async t => {
    const ref = await upload('ct128', randomBytes(10))
    for (const first of [`${rgw.url}/private`, `${rgw.url}/nowhere`, 's3://ct128']) {
      assert.equal((await openStore(t, [first, `${rgw.url}/ct128`]).fetch(ref, never)).bytes.length, 10, first)
    }
  })

  test('the fallback bucket gives what no registered one has, with the right credentials', async t => {
    const ref = await upload('private', randomBytes(1000), 'compressed_on_gpu')
    const store = openStore(t, [`${rgw.url}/ct128`], { fallback: fallback('private', CREDENTIALS) })
    const fetched = await store.fetch(ref, never)
    assert.deepEqual([fetched.bytes.length, fetched.format], [1000, BIG_COMPRESSED])
    await assert.rejects(store.fetch(refOf(MISSING), never), { code: 'CIPHERTEXT_MISSING', message: /NoSuchKey/ })
  })

  for (const [what, wrong, s3Code] of [
    ['a wrong secret', { secretAccessKey: 'another secret' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'SOMEBODY' }, 'InvalidAccessKeyId'],
  ] as const) {
    test(`the fallback bucket with ${what} is CIPHERTEXT_UNAVAILABLE, not missing`, async t => {
      const ref = await upload('private', randomBytes(10))
      const store = openStore(t, [], { fallback: fallback('private', { ...CREDENTIALS, ...wrong }) })
      const rejected = { code: 'CIPHERTEXT_UNAVAILABLE', message: new RegExp(`HTTP 403 ${s3Code}`) }
      await assert.rejects(store.fetch(ref, never), rejected)
    })
  }

  test('200 ciphertexts arrive, each under its own handle, with 32 GETs at once', async t => {
    const bodies = Array.from({ length: 200 }, (_, index) => randomBytes(1000 + index))
    const refs: CiphertextRef[] = []
    for (let at = 0; at < bodies.length; at += 20) {
      refs.push(...(await Promise.all(bodies.slice(at, at + 20).map(bytes => upload('ct128', bytes)))))
    }
    const limits = { maxConcurrentGets: 32, connectionsPerOrigin: 32 }
    const fetched = await openStore(t, [`${rgw.url}/ct128`], { limits }).fetchAll(refs, never)
    assert.equal(fetched.length, bodies.length)
    for (const [index, { handle, bytes }] of fetched.entries()) {
      assert.equal(handle, refs[index]?.handle, `handle ${index}`)
      assert.ok(bodies[index]?.equals(bytes), `bytes ${index}`)
    }
  })
})

function anonymousReadsOf(bucket: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }],
  })
}
