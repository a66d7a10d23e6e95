import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import type { Request } from '@kms-connector/protocol'
import { TfheKeys } from '../../apps/devnet/src/core/index.ts'
import type { S3Observation } from '../../apps/devnet/src/s3/index.ts'
import { uploadCiphertext } from '../../apps/devnet/src/s3/index.ts'
import { typeNamed } from '../core/coreClient.ts'
import { impatient, logOf, openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())
afterEach(() => {
  world.s3Faults = () => undefined
})

const ask = async (...options: Parameters<World['ciphertext']>): Promise<Request> =>
  world.publicRequest([await world.ciphertext(...options)])

test('a ciphertext that no bucket has yet is waited for, and holds nothing', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker()
  const bytes = TfheKeys.derive(world.coreOptions.seed).encrypt(7n, typeNamed('uint8'))
  const late = await ask({ bytes, buckets: [] })
  const good = await ask()
  await bench.publish(late)
  await bench.publish(good)
  await bench.answered(good)
  await until('it is missing', async () => (await logOf(worker)).includes('CIPHERTEXT_MISSING'))
  await uploadCiphertext(world.s3.url, 'two', bytes, 'compressed_on_cpu')
  await bench.answered(late)
})

test('wrong bytes in one bucket are noticed, and the other one serves', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker()
  world.s3Faults = ({ bucket }) => (bucket === 'one' ? { kind: 'wrong-bytes' } : undefined)
  const request = await ask()
  await bench.publish(request)
  await bench.answered(request)
  assert.match(await logOf(worker), /CIPHERTEXT_DIGEST_MISMATCH/)
})

test('wrong bytes everywhere, or too many of them, end as a dead letter', async t => {
  const bench = await openBench(t, world)
  await bench.worker({ ...impatient(2), S3_MAX_CIPHERTEXT_SIZE: '64KiB' })
  const wrong = await ask({ digest: `0x${'ab'.repeat(32)}` })
  const corrupt = await ask()
  const large = await ask({ bytes: randomBytes(100_000) })
  world.s3Faults = ({ key }: S3Observation) => (key === digestOf(corrupt) ? { kind: 'wrong-bytes' } : undefined)
  for (const request of [wrong, corrupt, large]) await bench.publish(request)
  assert.equal((await bench.buried(wrong.id)).code, 'CIPHERTEXT_MISSING')
  assert.equal((await bench.buried(corrupt.id)).code, 'CIPHERTEXT_DIGEST_MISMATCH')
  assert.equal((await bench.buried(large.id)).code, 'CIPHERTEXT_TOO_LARGE')
})

test('bytes that are no ciphertext are refused by the Core and given up', async t => {
  const bench = await openBench(t, world)
  await bench.worker()
  const request = await ask({ bytes: randomBytes(1_000) })
  await bench.publish(request)
  const { code } = await bench.buried(request.id)
  assert.ok(code === 'CORE_REFUSED' || code === 'CORE_FAILED', code)
})

test('a slow bucket is left for the next one, and holds no other request', async t => {
  const bench = await openBench(t, world)
  await bench.worker({ S3_GET_TIMEOUT: '1s', S3_FETCH_TIMEOUT: '30s' })
  const slow = await ask()
  world.s3Faults = ({ bucket, key }) => (bucket === 'one' && key === digestOf(slow) ? { kind: 'stall' } : undefined)
  const good = await ask()
  await bench.publish(slow)
  await bench.publish(good)
  await bench.answered(good)
  await bench.answered(slow)
})

test('a worker with room for one ciphertext only answers all requests, one after the other', async t => {
  const bench = await openBench(t, world)
  await bench.worker({ S3_MAX_BYTES_HELD: '1KiB' })
  const requests = [await ask(), await world.publicRequest(await world.manyCiphertexts(20)), await ask(), await ask()]
  for (const request of requests) await bench.publish(request)
  for (const request of requests) await bench.answered(request)
})

// Last, because the buckets of the world stay where they are moved.
test('with verify_coprocessors a request waits for every coprocessor that it names, else for one that serves it', async t => {
  const request = await ask()
  // CAST: what a public decryption request carries
  const { materials } = request.payload as { readonly materials: readonly { coprocessorTxSenderAddresses: string[] }[] }
  materials[0]?.coprocessorTxSenderAddresses.push(`0x${'99'.repeat(20)}`)
  for (const [verify, settles] of [
    ['true', 'COPROCESSOR_UNKNOWN'],
    ['false', 'answered'],
  ] as const) {
    const bench = await openBench(t, world)
    await bench.worker({ ...impatient(1), VERIFY_COPROCESSORS: verify })
    await bench.publish(request)
    const ending = settles === 'answered' ? await bench.answered(request) : await bench.buried(request.id)
    assert.equal('code' in ending ? ending.code : 'answered', settles)
  }
})

test('a bucket that moved is found without waiting for the registry to expire', async t => {
  const bench = await openBench(t, world)
  await bench.worker({ BUCKET_REGISTRY_TTL: '24h' })
  const first = await ask()
  await bench.publish(first)
  await bench.answered(first)
  const bytes = TfheKeys.derive(world.coreOptions.seed).encrypt(9n, typeNamed('uint8'))
  const moved = await ask({ bytes, buckets: [] })
  await world.moveBuckets('three')
  await uploadCiphertext(world.s3.url, 'three', bytes, 'compressed_on_cpu')
  await bench.publish(moved)
  await bench.answered(moved)
})

function digestOf({ operation, payload }: Request): string {
  return operation.ciphertexts(payload)[0]?.digest.slice(2) ?? ''
}
