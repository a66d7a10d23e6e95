import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { type S3Proxy, startS3Proxy } from '../../apps/devnet/src/faults/s3Proxy.ts'
import { type S3Server, s3ClientFor, startS3, uploadCiphertext } from '../../apps/devnet/src/s3/index.ts'

const BYTES = Buffer.alloc(5_000, 7)

let server: S3Server
let proxy: S3Proxy
let url: string

before(async () => {
  server = await startS3({ buckets: { bucket: 'public-read' } })
  proxy = await startS3Proxy({ target: server.url })
  const digest = await uploadCiphertext(proxy.url, 'bucket', BYTES, 'compressed_on_cpu')
  url = `${proxy.url}/bucket/${digest.slice(2)}`
})
after(async () => {
  await proxy?.stop()
  await server?.stop()
})
afterEach(() => {
  proxy.onCall = () => undefined
})

async function get(signal?: AbortSignal): Promise<Buffer> {
  const answer = await fetch(url, { redirect: 'error', ...(signal ? { signal } : {}) })
  assert.equal(answer.status, 200)
  return Buffer.from(await answer.arrayBuffer())
}

test('without faults objects, metadata and missing keys pass, also for a client that signs', async () => {
  assert.deepEqual(await get(), BYTES)
  assert.equal((await fetch(url)).headers.get('x-amz-meta-ct-format'), 'compressed_on_cpu')
  assert.equal((await fetch(`${proxy.url}/bucket/missing`)).status, 404)
  const signing = await startS3({
    buckets: { mine: 'private' },
    credentials: [{ accessKeyId: 'a', secretAccessKey: 's' }],
  })
  const front = await startS3Proxy({ target: signing.url })
  const client = s3ClientFor(front.url, { accessKeyId: 'a', secretAccessKey: 's' })
  const digest = await uploadCiphertext(client, 'mine', BYTES, 'compressed_on_cpu')
  const object = await client.send(new GetObjectCommand({ Bucket: 'mine', Key: digest.slice(2) }))
  assert.deepEqual(Buffer.from((await object.Body?.transformToByteArray()) ?? []), BYTES)
  client.destroy()
  await front.stop()
  await signing.stop()
})

test('a hook sees method and path', async () => {
  const seen: string[] = []
  proxy.onCall = ({ method, path }) => {
    seen.push(`${method} ${path.slice(0, 8)}`)
    return undefined
  }
  await get()
  assert.deepEqual(seen, ['GET /bucket/'])
})

test('a status comes with an XML error', async () => {
  proxy.onCall = () => ({ kind: 'status', status: 503 })
  const answer = await fetch(url)
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /<Error>/)
})

test('a cut body breaks after so many bytes', async () => {
  proxy.onCall = () => ({ kind: 'cut', afterBytes: 1_000 })
  await assert.rejects(get())
})

test('a corrupt body has the right length and wrong bytes', async () => {
  proxy.onCall = () => ({ kind: 'corrupt' })
  const bytes = await get()
  assert.equal(bytes.length, BYTES.length)
  assert.equal(bytes.filter((byte, at) => byte !== BYTES[at]).length, 5)
})

test('a slow body comes whole, in its time', async () => {
  proxy.onCall = () => ({ kind: 'slow', bytesPerSecond: 20_000 })
  const from = performance.now()
  assert.deepEqual(await get(), BYTES)
  assert.ok(performance.now() - from >= 200)
})

test('a redirect names its place', async () => {
  proxy.onCall = () => ({ kind: 'redirect', location: 'http://127.0.0.1:1/elsewhere' })
  const answer = await fetch(url, { redirect: 'manual' })
  assert.deepEqual([answer.status, answer.headers.get('location')], [307, 'http://127.0.0.1:1/elsewhere'])
})

test('silence and resets answer nothing, a delay answers late', async () => {
  proxy.onCall = () => ({ kind: 'silence' })
  await assert.rejects(get(AbortSignal.timeout(80)), { name: 'TimeoutError' })
  proxy.onCall = () => ({ kind: 'reset' })
  await assert.rejects(get())
  proxy.onCall = () => ({ kind: 'delay', ms: 80 })
  const from = performance.now()
  assert.deepEqual(await get(), BYTES)
  assert.ok(performance.now() - from >= 79)
})
