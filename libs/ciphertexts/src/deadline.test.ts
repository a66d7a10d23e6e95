import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { Deadline } from './deadline.ts'

const late = () => new Error('late')
const HOUR = 3_600_000

/** When it aborts. */
const aborted = (deadline: Deadline) => new Promise<void>(resolve => deadline.onAbort(resolve))

test('aborts with its own reason when the time is used up', async () => {
  const deadline = new Deadline(1, new AbortController().signal, late)
  const { signal } = deadline
  assert.deepEqual([deadline.aborted, deadline.reason, signal.aborted], [false, undefined, false])
  await aborted(deadline)
  assert.throws(() => deadline.throwIfAborted(), /late/)
  assert.equal(signal.reason, deadline.reason)
  assert.ok(signal.aborted)
})

test('aborts with the reason of whoever gives up first, also through another deadline', () => {
  const controller = new AbortController()
  const outer = new Deadline(HOUR, controller.signal, late)
  const inner = new Deadline(HOUR, outer, late)
  let told = 0
  inner.onAbort(() => {
    told += 1
  })
  const reason = new Error('enough')
  controller.abort(reason)
  assert.deepEqual([inner.reason, outer.reason, told], [reason, reason, 1])
  assert.equal(inner.signal.reason, reason, 'a signal that is asked for afterwards')
})

test('begins aborted when the caller has given up', () => {
  const reason = new Error('before')
  const deadline = new Deadline(HOUR, AbortSignal.abort(reason), late)
  assert.deepEqual([deadline.aborted, deadline.reason], [true, reason])
  deadline.end()
})

test('does not use up time while it stands still', async () => {
  const deadline = new Deadline(50, new AbortController().signal, late)
  await deadline.standStill(() => new Promise(resolve => setTimeout(resolve, 150)))
  assert.equal(deadline.aborted, false)
  await aborted(deadline)
})

test('leaves nothing behind when it ends, also while it stands still', async () => {
  const { signal } = new AbortController()
  const deadline = new Deadline(1, signal, late)
  const listening = getEventListeners(signal, 'abort').length
  await deadline.standStill(async () => deadline.end())
  assert.deepEqual([listening, getEventListeners(signal, 'abort').length], [1, 0])
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(deadline.aborted, false)
})

test('who leaves is not told', async () => {
  const deadline = new Deadline(1, new AbortController().signal, late)
  deadline.onAbort(() => assert.fail('told'))()
  await aborted(deadline)
})
