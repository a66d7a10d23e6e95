import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { SourceFault } from '@kms-connector/ciphertexts'
import { BIG_COMPRESSED, BIG_EXPANDED, ConnectorError, type ErrorCode } from '@kms-connector/protocol'
import type { S3Fault } from '../../apps/devnet/src/s3/index.ts'
import { never, openStore, refOf, startBuckets, stored } from './bucketFixture.ts'

test('a ciphertext comes from the first bucket with its bytes, handle and format', async t => {
  const { server, reads } = await startBuckets(t)
  const store = openStore(t, [server.bucketUrl('one'), `${server.bucketUrl('two')}/`])
  const bytes = randomBytes(1_000_000)
  for (const [format, expected] of [
    ['compressed_on_cpu', BIG_COMPRESSED],
    ['compressed_on_gpu', BIG_COMPRESSED],
    ['uncompressed_on_cpu', BIG_EXPANDED],
    ['uncompressed_on_gpu', BIG_EXPANDED],
  ] as const) {
    const ref = await stored(server, ['one'], bytes, format)
    const fetched = await store.fetch(ref, never)
    assert.deepEqual([fetched.handle, fetched.format], [ref.handle, expected])
    assert.ok(bytes.equals(fetched.bytes))
  }
  assert.deepEqual(new Set(reads), new Set(['one']))
})

test('an empty ciphertext is one too', async t => {
  const { server } = await startBuckets(t)
  const store = openStore(t, [server.bucketUrl('one')])
  assert.equal((await store.fetch(await stored(server, ['one'], new Uint8Array()), never)).bytes.length, 0)
})

const BAD_FIRST: readonly [what: string, fault: S3Fault, code: ErrorCode][] = [
  ['wrong bytes', { kind: 'wrong-bytes' }, 'CIPHERTEXT_DIGEST_MISMATCH'],
  ['status 404', { kind: 'status', status: 404, code: 'NoSuchKey' }, 'CIPHERTEXT_MISSING'],
  ['status 403', { kind: 'status', status: 403, code: 'AccessDenied' }, 'CIPHERTEXT_MISSING'],
  ['status 500', { kind: 'status', status: 500 }, 'CIPHERTEXT_UNAVAILABLE'],
  ['no answer', { kind: 'never-answer' }, 'CIPHERTEXT_TIMEOUT'],
  ['an answer that stalls', { kind: 'stall' }, 'CIPHERTEXT_TIMEOUT'],
  ['an answer cut short', { kind: 'cut', afterBytes: 1000 }, 'CIPHERTEXT_UNAVAILABLE'],
  ['an endless body', { kind: 'endless-body' }, 'CIPHERTEXT_TOO_LARGE'],
  ['a redirect', { kind: 'redirect', location: 'http://169.254.169.254/' }, 'CIPHERTEXT_UNAVAILABLE'],
]

for (const [what, fault, code] of BAD_FIRST) {
  test(`after ${what} the second bucket is asked; alone it is ${code}`, async t => {
    const { server, faults, reads } = await startBuckets(t)
    faults.set('one', () => fault)
    const told: SourceFault[] = []
    const options = {
      limits: { getTimeoutMs: 300, maxCiphertextBytes: 1_000_000 },
      onSourceFault: (known: SourceFault) => told.push(known),
    }
    const ref = await stored(server, ['one', 'two'])
    const both = openStore(t, [server.bucketUrl('one'), server.bucketUrl('two')], options)
    assert.equal((await both.fetch(ref, never)).bytes.length, 2000)
    assert.deepEqual(reads, ['one', 'two'])
    assert.deepEqual(
      told.map(known => [known.source, known.error.code]),
      [[server.bucketUrl('one'), code]],
    )

    const alone = openStore(t, [server.bucketUrl('one')], { limits: { ...options.limits, rounds: 2 } })
    const error = await alone.fetch(ref, never).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof ConnectorError)
    assert.equal(error.code, code)
    assert.match(error.message, /COPROCESSOR_UNKNOWN/, 'the unregistered second coprocessor is named as well')
  })
}

test('a length above the ceiling is refused before the body, and the bucket is not asked again', async t => {
  const { server, reads } = await startBuckets(t)
  const store = openStore(t, [server.bucketUrl('one')], { limits: { maxCiphertextBytes: 1999 } })
  await assert.rejects(store.fetch(await stored(server, ['one']), never), { code: 'CIPHERTEXT_TOO_LARGE' })
  assert.equal(reads.length, 1)
})

test('a bucket that has the object only later is found in a later round', async t => {
  const { server, faults, reads } = await startBuckets(t)
  faults.set('one', () => (reads.length < 5 ? { kind: 'status', status: 404 } : undefined))
  faults.set('two', () => ({ kind: 'status', status: 503 }))
  const ref = await stored(server, ['one'])
  await openStore(t, [server.bucketUrl('one'), server.bucketUrl('two')]).fetch(ref, never)
  assert.deepEqual(reads, ['one', 'two', 'one', 'two', 'one'])
})

test('a bad registration does not disturb the others', async t => {
  const { server } = await startBuckets(t)
  const ref = await stored(server, ['two'])
  const store = openStore(t, ['s3://one', server.bucketUrl('two')])
  assert.equal((await store.fetch(ref, never)).bytes.length, 2000)
})

test('a bucket is reached by host name', async t => {
  const { server } = await startBuckets(t)
  const store = openStore(t, [server.bucketUrl('one').replace('127.0.0.1', 'localhost')])
  assert.equal((await store.fetch(await stored(server, ['one']), never)).bytes.length, 2000)
})

test('two coprocessors with the same bucket are one source', async t => {
  const { server, reads } = await startBuckets(t)
  const store = openStore(t, [server.bucketUrl('one'), `${server.bucketUrl('one')}//`], { limits: { rounds: 1 } })
  await assert.rejects(store.fetch(refOf(`0x${'00'.repeat(32)}`), never), { code: 'CIPHERTEXT_MISSING' })
  assert.equal(reads.length, 1)
})

test('nothing registered, a bucket nobody serves, an unknown bucket and a registry that is down have their own codes', async t => {
  const { server } = await startBuckets(t)
  const ref = refOf(`0x${'11'.repeat(32)}`)
  await assert.rejects(openStore(t, []).fetch(ref, never), { code: 'COPROCESSOR_UNKNOWN' })
  await assert.rejects(openStore(t, ['s3://one']).fetch(ref, never), { code: 'BUCKET_URL_INVALID' })
  await assert.rejects(openStore(t, [`http://127.0.0.1:${await closedPort()}/b`]).fetch(ref, never), {
    code: 'CIPHERTEXT_UNAVAILABLE',
  })
  await assert.rejects(openStore(t, [server.bucketUrl('three')]).fetch(ref, never), {
    code: 'CIPHERTEXT_UNAVAILABLE',
    message: /NoSuchBucket/,
  })
  const down = async () => Promise.reject(new ConnectorError('RPC_UNAVAILABLE', 'down'))
  await assert.rejects(openStore(t, [], { bucketsOf: down }).fetch(ref, never), { code: 'RPC_UNAVAILABLE' })
})

test('slow buckets and a registry that never answers end with the deadline of the ciphertext', async t => {
  const { server, faults } = await startBuckets(t)
  faults.set('one', () => ({ kind: 'never-answer' }))
  const ref = await stored(server, ['one'])
  const slow = openStore(t, [server.bucketUrl('one')], { limits: { fetchTimeoutMs: 200 } })
  await assert.rejects(slow.fetch(ref, never), { code: 'CIPHERTEXT_TIMEOUT', message: /within 200 ms/ })
  const silent = openStore(t, [], { bucketsOf: () => new Promise(() => undefined), limits: { fetchTimeoutMs: 50 } })
  await assert.rejects(silent.fetch(ref, never), { code: 'CIPHERTEXT_TIMEOUT' })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
