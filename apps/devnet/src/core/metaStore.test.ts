import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetaStore } from './metaStore.ts'

const never = new AbortController().signal

test('an id is known from its insertion on', async () => {
  const store = new MetaStore<number>(10, 0)
  assert.equal(await store.wait('a', 1, never), 'unknown')
  assert.equal(store.insert('a'), 'inserted')
  assert.equal(store.insert('a'), 'known')
  assert.equal(await store.wait('a', 1, never), 'pending')
  store.complete('a', { ok: true, result: 7 })
  store.complete('a', { ok: false, reason: 'too late' })
  assert.deepEqual(await store.wait('a', 1, never), { ok: true, result: 7 })
  assert.equal(store.insert('a'), 'known')
})

test('completion wakes every waiter, abortion only its own', async () => {
  const store = new MetaStore<number>(10, 0)
  store.insert('a')
  const leaver = new AbortController()
  const waits = [store.wait('a', 60_000, never), store.wait('a', 60_000, leaver.signal), store.wait('a', 60_000, never)]
  leaver.abort()
  assert.equal(await waits[1], 'pending')
  store.complete('a', { ok: true, result: 1 })
  assert.deepEqual(await Promise.all(waits), [{ ok: true, result: 1 }, 'pending', { ok: true, result: 1 }])
})

test('at capacity the oldest completed entry goes, if more than the minimum are completed', () => {
  const store = new MetaStore<number>(3, 1)
  for (const id of ['a', 'b', 'c']) store.insert(id)
  store.complete('b', { ok: true, result: 1 })
  assert.equal(store.insert('d'), 'full')
  store.complete('a', { ok: false, reason: '' })
  assert.equal(store.insert('d'), 'inserted')
  assert.deepEqual(store.ids, ['a', 'c', 'd'])
  assert.equal(store.insert('e'), 'full')
})
