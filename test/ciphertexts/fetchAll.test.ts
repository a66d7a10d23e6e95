import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { never, openStore, refOf, startBuckets, stored } from './bucketFixture.ts'

test('many ciphertexts come in the order of the references, never more GETs at once than allowed', async t => {
  const { server, faults } = await startBuckets(t)
  const refs = await Promise.all(Array.from({ length: 24 }, () => stored(server, ['one'])))
  const waiting: (() => void)[] = []
  let active = 0
  let most = 0
  faults.set('one', () => {
    active++
    most = Math.max(most, active)
    // Answered only when as many are open as may be: the ceiling is reached, not just kept.
    const { promise: until, resolve } = Promise.withResolvers<void>()
    waiting.push(() => {
      active--
      resolve()
    })
    if (waiting.length === 4) for (const answer of waiting.splice(0)) answer()
    return { kind: 'hold', until }
  })
  const store = openStore(t, [server.bucketUrl('one')], { limits: { maxConcurrentGets: 4 } })
  const half = [store.fetchAll(refs.slice(0, 12), never), store.fetchAll(refs.slice(12), never)]
  const fetched = (await Promise.all(half)).flat()
  assert.deepEqual(
    fetched.map(({ handle }) => handle),
    refs.map(({ handle }) => handle),
  )
  assert.equal(most, 4)
})

test('bodies together stay under the ceiling of bytes in flight, without deadlock or timeout', async t => {
  const { server, faults } = await startBuckets(t)
  const refs = await Promise.all(Array.from({ length: 8 }, () => stored(server, ['one'], randomBytes(100_000))))
  const store = openStore(t, [server.bucketUrl('one')], { limits: { maxBytesInFlight: 150_000, maxConcurrentGets: 8 } })
  assert.equal((await store.fetchAll(refs, never)).length, 8)

  faults.set('one', ({ key }) => (key === refs[0]?.digest.slice(2) ? { kind: 'stall' } : undefined))
  const stalled = openStore(t, [server.bucketUrl('one')], {
    limits: { maxBytesInFlight: 1, getTimeoutMs: 150, rounds: 1 },
  })
  const settled = await Promise.allSettled(refs.map(ref => stalled.fetch(ref, never)))
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', ...Array(7).fill('fulfilled')],
    'one stalled body costs only itself',
  )
})

test('one that cannot be had cancels the rest', async t => {
  const { server, faults } = await startBuckets(t)
  const held = await stored(server, ['one'])
  faults.set('one', ({ key }) => (key === held.digest.slice(2) ? { kind: 'never-answer' } : undefined))
  const store = openStore(t, [server.bucketUrl('one')], { limits: { getTimeoutMs: 600_000, fetchTimeoutMs: 600_000 } })
  const missing = refOf(`0x${'22'.repeat(32)}`)
  await assert.rejects(store.fetchAll([held, missing], never), {
    code: 'CIPHERTEXT_MISSING',
    message: new RegExp(missing.handle),
  })
})

test('all together above the ceiling of a request are refused', async t => {
  const { server } = await startBuckets(t)
  const refs = [await stored(server, ['one']), await stored(server, ['one'])]
  const store = openStore(t, [server.bucketUrl('one')], { limits: { maxRequestBytes: 3999 } })
  await assert.rejects(store.fetchAll(refs, never), { code: 'CIPHERTEXT_TOO_LARGE' })
})

test('no references give no ciphertexts', async t => {
  assert.deepEqual(await openStore(t, []).fetchAll([], never), [])
})

for (const kind of ['never-answer', 'stall', 'endless-body'] as const) {
  test(`an abort ends a GET in "${kind}" with the reason of the caller, and the store goes on`, async t => {
    const { server, faults } = await startBuckets(t)
    const ref = await stored(server, ['one'])
    const store = openStore(t, [server.bucketUrl('one')], {
      limits: { maxConcurrentGets: 1, maxCiphertextBytes: 2 ** 40, maxBytesInFlight: 2 ** 40 },
    })
    const caller = new AbortController()
    const reached = new Promise<void>(resolve => {
      faults.set('one', () => {
        resolve()
        return { kind }
      })
    })
    const fetching = store.fetchAll([ref, ref], caller.signal)
    await reached
    const reason = new Error('shutting down')
    caller.abort(reason)
    await assert.rejects(fetching, reason)
    await assert.rejects(store.fetch(ref, caller.signal), reason)
    faults.clear()
    assert.equal((await store.fetch(ref, never)).bytes.length, 2000)
  })
}
