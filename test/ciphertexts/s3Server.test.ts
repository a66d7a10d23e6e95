import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { type S3FaultHook, type S3Options, s3ClientFor, startS3 } from '../../apps/devnet/src/s3/index.ts'

const CREDENTIALS = { accessKeyId: 'devnet', secretAccessKey: 'devnet secret' }

async function start(t: TestContext, options: Partial<S3Options> = {}) {
  const server = await startS3({
    buckets: { pub: 'public-read', own: 'private' },
    credentials: [CREDENTIALS],
    ...options,
  })
  t.after(() => server.stop())
  const client = s3ClientFor(server.url, CREDENTIALS)
  t.after(() => client.destroy())
  return { server, client }
}

/** One request with exactly these headers. */
function raw(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('the SDK puts, heads, gets and deletes an object of 1 MB with metadata', async t => {
  const { client } = await start(t)
  const Body = randomBytes(1024 * 1024)
  const object = { Bucket: 'own', Key: 'a folder/with +&%/ö' }
  const { ETag } = await client.send(
    new PutObjectCommand({ ...object, Body, Metadata: { 'Ct-Format': 'compressed_on_cpu' } }),
  )
  assert.equal(ETag, `"${createHash('md5').update(Body).digest('hex')}"`)
  const head = await client.send(new HeadObjectCommand(object))
  assert.deepEqual(
    [head.ContentLength, head.ETag, head.Metadata],
    [Body.length, ETag, { 'ct-format': 'compressed_on_cpu' }],
  )
  const got = await client.send(new GetObjectCommand(object))
  assert.ok(Body.equals((await got.Body?.transformToByteArray()) ?? new Uint8Array()))
  const part = await client.send(new GetObjectCommand({ ...object, Range: 'bytes=10-19' }))
  assert.equal(part.ContentRange, 'bytes 10-19/1048576')
  assert.ok(Body.subarray(10, 20).equals((await part.Body?.transformToByteArray()) ?? new Uint8Array()))
  await client.send(new DeleteObjectCommand(object))
  await assert.rejects(client.send(new GetObjectCommand(object)), { name: 'NoSuchKey' })
  await assert.rejects(client.send(new HeadObjectCommand(object)), { name: 'NotFound' })
})

test('a streamed put with the checksum of the SDK in the trailer arrives without its framing', async t => {
  const { client } = await start(t)
  const chunks = Array.from({ length: 16 }, () => randomBytes(64 * 1024))
  const encodings: unknown[] = []
  client.middlewareStack.add(
    next => args => {
      // CAST: at this step the SDK passes its HTTP request
      const { headers } = args.request as { headers: Record<string, string> }
      encodings.push(headers['content-encoding'], headers['x-amz-content-sha256'])
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  const put = new PutObjectCommand({
    Bucket: 'own',
    Key: 'streamed',
    Body: Readable.from(chunks),
    ContentLength: 1024 * 1024,
  })
  await client.send(put)
  assert.deepEqual(encodings, ['aws-chunked', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'])
  const got = await client.send(new GetObjectCommand({ Bucket: 'own', Key: 'streamed' }))
  assert.ok(Buffer.concat(chunks).equals((await got.Body?.transformToByteArray()) ?? new Uint8Array()))
})

test('buckets are created once and listed page by page', async t => {
  const { client } = await start(t)
  await client.send(new CreateBucketCommand({ Bucket: 'new-bucket' }))
  await assert.rejects(client.send(new CreateBucketCommand({ Bucket: 'new-bucket' })), {
    name: 'BucketAlreadyOwnedByYou',
  })
  for (const Key of ['b/2', 'b/1', 'a<&>', 'b/3'])
    await client.send(new PutObjectCommand({ Bucket: 'new-bucket', Key, Body: Key }))
  const all = await client.send(new ListObjectsV2Command({ Bucket: 'new-bucket' }))
  assert.deepEqual(
    all.Contents?.map(({ Key, Size }) => [Key, Size]),
    [
      ['a<&>', 4],
      ['b/1', 3],
      ['b/2', 3],
      ['b/3', 3],
    ],
  )
  const page = await client.send(new ListObjectsV2Command({ Bucket: 'new-bucket', Prefix: 'b/', MaxKeys: 2 }))
  assert.deepEqual([page.Contents?.map(({ Key }) => Key), page.IsTruncated], [['b/1', 'b/2'], true])
  const rest = await client.send(
    new ListObjectsV2Command({
      Bucket: 'new-bucket',
      Prefix: 'b/',
      MaxKeys: 2,
      ContinuationToken: page.NextContinuationToken,
    }),
  )
  assert.deepEqual([rest.Contents?.map(({ Key }) => Key), rest.IsTruncated], [['b/3'], false])
  await assert.rejects(client.send(new ListObjectsV2Command({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
})

test('anonymous callers read public objects and nothing else', async t => {
  const { server, client } = await start(t)
  await client.send(new PutObjectCommand({ Bucket: 'pub', Key: 'k', Body: 'text' }))
  assert.deepEqual(await raw(`${server.url}/pub/k`, 'GET', {}), { status: 200, body: 'text' })
  const { port } = new URL(server.url)
  assert.deepEqual(await raw(`${server.url}/k`, 'GET', { host: `pub.localhost:${port}` }), {
    status: 200,
    body: 'text',
  })
  for (const [path, method, status, code] of [
    ['/pub/other', 'GET', 404, 'NoSuchKey'],
    ['/nowhere/k', 'GET', 404, 'NoSuchBucket'],
    ['/own/k', 'GET', 403, 'AccessDenied'],
    ['/pub', 'GET', 403, 'AccessDenied'],
    ['/pub/k', 'PUT', 403, 'AccessDenied'],
    ['/pub/k', 'DELETE', 403, 'AccessDenied'],
    ['/pub/%zz', 'GET', 400, 'InvalidURI'],
  ] as const) {
    const answer = await raw(`${server.url}${path}`, method, {})
    assert.equal(answer.status, status, `${method} ${path}`)
    assert.match(answer.body, new RegExp(`<Code>${code}</Code>`))
  }
})

test('bodies that are too large, broken or not what their checksum says are refused and not stored', async t => {
  const { server } = await start(t, { credentials: [], maxObjectBytes: 1000 })
  const streaming = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
  for (const [headers, body, code] of [
    [{}, 'x'.repeat(1001), 'EntityTooLarge'],
    [{}, 'x'.repeat(200_000), 'EntityTooLarge'],
    [{ 'transfer-encoding': 'chunked' }, 'x'.repeat(200_000), 'EntityTooLarge'],
    [streaming, 'no chunk', 'IncompleteBody'],
    [{ ...streaming, 'x-amz-decoded-content-length': '9' }, '3\r\nabc\r\n0\r\n\r\n', 'IncompleteBody'],
    [streaming, '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'BadDigest'],
    [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, 'abc', 'BadDigest'],
    [{ 'content-md5': 'AAAA' }, 'abc', 'BadDigest'],
    [{ 'x-amz-content-sha256': '00'.repeat(32) }, 'abc', 'XAmzContentSHA256Mismatch'],
    [{ 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, 'abc', 'NotImplemented'],
    // CAST: rows of one shape, told to the compiler once
  ] as [Record<string, string>, string, string][]) {
    const answer = await raw(`${server.url}/pub/k`, 'PUT', headers, body)
    assert.match(answer.body, new RegExp(`<Code>${code}</Code>`), code)
  }
  assert.equal((await raw(`${server.url}/pub/k`, 'GET', {})).status, 404)
  assert.equal((await raw(`${server.url}/pub/k`, 'PUT', { 'x-amz-checksum-crc32': 'NSRBwg==' }, 'abc')).status, 200)
})

test('a server that holds all it may refuses more until something is deleted', async t => {
  const { server } = await start(t, { credentials: [], maxTotalBytes: 10 })
  assert.equal((await raw(`${server.url}/pub/a`, 'PUT', {}, '12345678')).status, 200)
  assert.equal((await raw(`${server.url}/pub/b`, 'PUT', {}, '123')).status, 503)
  assert.equal(
    (await raw(`${server.url}/pub/a`, 'PUT', {}, '1234567890')).status,
    200,
    'what is replaced does not count',
  )
  assert.equal((await raw(`${server.url}/pub/a`, 'DELETE', {})).status, 204)
  assert.equal((await raw(`${server.url}/pub/b`, 'PUT', {}, '123')).status, 200)
})

test('stopping ends connections that were never answered', async () => {
  const arrived = Promise.withResolvers<void>()
  const faults: S3FaultHook = () => {
    arrived.resolve()
    return { kind: 'never-answer' }
  }
  const server = await startS3({ buckets: { pub: 'public-read' }, faults })
  const ended = assert.rejects(raw(`${server.url}/pub/k`, 'GET', {}))
  await arrived.promise
  await server.stop()
  await ended
})
