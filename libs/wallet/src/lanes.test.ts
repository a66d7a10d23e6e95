import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes } from './lanes.ts'

const never = new AbortController().signal

/** Work that ends when told. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const state = { started: false }
  const run = async () => {
    state.started = true
    await promise
  }
  return { state, run, end: resolve, fail: reject }
}

const settle = () => new Promise<void>(resolve => setImmediate(resolve))

test('only so many run at once, the others in the order they came', async () => {
  const lanes = new Lanes(2, 10)
  const works = Array.from({ length: 4 }, work)
  const runs = works.map(({ run }) => lanes.run(run, never))
  await settle()
  const started = () => works.map(({ state }) => state.started)
  assert.deepEqual(started(), [true, true, false, false])
  works[1]?.end()
  await settle()
  assert.deepEqual(started(), [true, true, true, false])
  for (const { end } of works) end()
  await Promise.all(runs)
})

test('a place is given back by work that fails', async () => {
  const lanes = new Lanes(1, 10)
  const first = work()
  const run = lanes.run(first.run, never)
  const second = lanes.run(async () => 'done', never)
  first.fail(new Error('no'))
  await assert.rejects(run, /no/)
  assert.equal(await second, 'done')
  assert.equal(await lanes.run(async () => 'again', never), 'again')
})

test('the queue is bounded, and leaving it makes room', async () => {
  const lanes = new Lanes(1, 1)
  const first = work()
  const run = lanes.run(first.run, never)
  const leaving = new AbortController()
  const waiting = lanes.run(async () => 'never', leaving.signal)
  await assert.rejects(
    lanes.run(async () => {}, never),
    { code: 'QUEUE_FULL' },
  )
  leaving.abort(new Error('gone'))
  await assert.rejects(waiting, /gone/)
  await assert.rejects(
    lanes.run(async () => {}, leaving.signal),
    /gone/,
  )
  const next = lanes.run(async () => 'done', never)
  first.end()
  await run
  assert.equal(await next, 'done')
})

test('no lanes at all is a fault of the program', () => {
  assert.throws(() => new Lanes(0, 1), RangeError)
  assert.throws(() => new Lanes(1.5, 1), RangeError)
})
