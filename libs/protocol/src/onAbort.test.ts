import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { onAbort } from './onAbort.ts'

test('all listeners hear of the end once, in the order they came', () => {
  const controller = new AbortController()
  const heard: number[] = []
  for (const n of [1, 2, 3]) onAbort(controller.signal, () => heard.push(n))
  controller.abort()
  assert.deepEqual(heard, [1, 2, 3])
})

test('who left hears nothing, and the same function may listen twice', () => {
  const controller = new AbortController()
  let heard = 0
  const listener = () => {
    heard += 1
  }
  const leave = onAbort(controller.signal, listener)
  onAbort(controller.signal, listener)
  leave()
  leave()
  controller.abort()
  assert.equal(heard, 1)
})

test('many listeners are one for the signal, and none when all have left', () => {
  const { signal } = new AbortController()
  const leaving = Array.from({ length: 100 }, () => onAbort(signal, () => {}))
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  for (const leave of leaving) leave()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('a late leave of earlier listeners does not take away those that came after them', () => {
  const controller = new AbortController()
  const leave = onAbort(controller.signal, () => {})
  leave()
  let heard = false
  onAbort(controller.signal, () => {
    heard = true
  })
  leave()
  controller.abort()
  assert.ok(heard)
})

test('a listener may leave for another one while all are told', () => {
  const controller = new AbortController()
  const heard: string[] = []
  const leaves: (() => void)[] = []
  leaves.push(onAbort(controller.signal, () => leaves[1]?.()))
  leaves.push(onAbort(controller.signal, () => heard.push('second')))
  controller.abort()
  assert.deepEqual(heard, [])
})
