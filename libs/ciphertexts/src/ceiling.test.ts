import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ceiling } from './ceiling.ts'

const never = new AbortController().signal
const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>(resolve => setImmediate(() => resolve(false)))])

test('admits up to the limit, then in the order of arrival', async () => {
  const ceiling = new Ceiling(10)
  const first = await ceiling.acquire(6, never)
  const large = ceiling.acquire(8, never)
  const small = ceiling.acquire(1, never)
  assert.equal(await settled(small), false, 'the small one does not overtake')
  first()
  await large
  assert.equal(ceiling.used, 9)
  await small
})

test('more than the limit is admitted alone', async () => {
  const ceiling = new Ceiling(10)
  const release = await ceiling.acquire(1000, never)
  assert.equal(await settled(ceiling.acquire(1, never)), false)
  release()
  release()
  assert.equal(ceiling.used, 1, 'giving back twice counts once')
})

test('who gives up leaves the queue and makes room for those behind', async () => {
  const ceiling = new Ceiling(10)
  await ceiling.acquire(6, never)
  const impatient = new AbortController()
  const large = ceiling.acquire(8, impatient.signal)
  const small = ceiling.acquire(1, never)
  const why = new Error('gave up')
  impatient.abort(why)
  await assert.rejects(large, why)
  await small
  assert.equal(ceiling.used, 7)
  await assert.rejects(ceiling.acquire(1, impatient.signal), why)
})

test('a ceiling that admits nothing is refused', () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Ceiling(limit), RangeError)
})

test('takes at once what is there, and nothing past those who wait', async () => {
  const ceiling = new Ceiling(10)
  const first = ceiling.take(6)
  assert.ok(first)
  assert.equal(ceiling.take(5), undefined)
  const waiting = ceiling.acquire(5, new AbortController().signal)
  assert.equal(ceiling.take(1), undefined, 'small ones do not overtake')
  first()
  ;(await waiting)()
  assert.equal(ceiling.used, 0)
  ceiling.take(99)
  assert.equal(ceiling.used, 10, 'more than the limit counts as the limit')
})
