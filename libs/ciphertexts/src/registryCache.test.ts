import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, ConnectorError } from '@kms-connector/protocol'
import { RegistryCache } from './registryCache.ts'

const A: Address = '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
const B: Address = '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'

/** A cache over a registry that can be changed, with a clock that can be moved and a record of what was read. */
function registry(urls: Record<Address, string | Error>, options: { maxEntries?: number } = {}) {
  const reads: Address[] = []
  const clock = { now: 0 }
  const load = async (address: Address): Promise<string> => {
    reads.push(address)
    const url = urls[address] ?? ''
    if (url instanceof Error) throw url
    return url
  }
  const cache = new RegistryCache({ load, ttlMs: 1000, negativeTtlMs: 10, now: () => clock.now, ...options })
  return { cache, reads, clock, urls }
}

test('a URL is read once until it is out of date', async () => {
  const { cache, reads, clock, urls } = registry({ [A]: ' http://a/1 ' })
  assert.deepEqual(await cache.bucketsOf([A]), new Map([[A, 'http://a/1']]))
  urls[A] = 'http://a/2'
  clock.now = 999
  assert.equal((await cache.bucketsOf([A])).get(A), 'http://a/1')
  clock.now = 1000
  assert.equal((await cache.bucketsOf([A])).get(A), 'http://a/2')
  assert.equal(reads.length, 2)
})

test('an empty URL is no URL, and only briefly', async () => {
  const { cache, reads, clock, urls } = registry({})
  assert.equal((await cache.bucketsOf([A])).size, 0)
  await cache.bucketsOf([A])
  assert.equal(reads.length, 1)
  urls[A] = 'http://a/1'
  clock.now = 10
  assert.equal((await cache.bucketsOf([A])).get(A), 'http://a/1')
})

test('callers at the same time share one read, whatever the case of the address', async () => {
  const { cache, reads } = registry({ [A]: 'http://a' })
  const upper = `0x${A.slice(2).toUpperCase()}` as Address // CAST: only the case of the digits changed
  const answers = await Promise.all([cache.bucketsOf([A]), cache.bucketsOf([A, upper]), cache.bucketsOf([A])])
  assert.equal(reads.length, 1)
  assert.equal(answers[1]?.get(upper), 'http://a')
})

test('a registry that cannot be read for some is left out, for all is an error, and is not remembered', async () => {
  const down = new ConnectorError('RPC_UNAVAILABLE', 'down')
  const { cache, urls } = registry({ [A]: down, [B]: 'http://b' })
  assert.deepEqual(await cache.bucketsOf([A, B]), new Map([[B, 'http://b']]))
  await assert.rejects(async () => cache.bucketsOf([A]), down)
  urls[A] = 'http://a'
  assert.equal((await cache.bucketsOf([A])).get(A), 'http://a')
})

test('a URL out of date stays in use while the chain cannot be read', async () => {
  const { cache, clock, urls } = registry({ [A]: 'http://a' })
  await cache.bucketsOf([A])
  clock.now = 5000
  urls[A] = new Error('down')
  assert.equal((await cache.bucketsOf([A])).get(A), 'http://a')
})

test('invalidate forgets one or all, and what is being read at that moment', async () => {
  const { cache, reads } = registry({ [A]: 'http://a', [B]: 'http://b' })
  await cache.bucketsOf([A, B])
  cache.invalidate(A)
  await cache.bucketsOf([A, B])
  assert.deepEqual(reads, [A, B, A])
  cache.invalidate()
  const running = cache.bucketsOf([B])
  cache.invalidate()
  await running
  await cache.bucketsOf([B])
  assert.deepEqual(reads.slice(3), [B, B])
})

test('the one read longest ago is forgotten first', async () => {
  const { cache, reads } = registry({ [A]: 'http://a', [B]: 'http://b' }, { maxEntries: 1 })
  for (const address of [A, B, B, A]) await cache.bucketsOf([address])
  assert.deepEqual(reads, [A, B, A])
})
