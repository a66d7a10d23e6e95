import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PayloadMemory } from './payloadMemory.ts'

const never = new AbortController().signal

async function isWaiting(room: Promise<void>): Promise<boolean> {
  await nextTurn()
  return Promise.race([room.then(() => false), nextTurn(true)])
}

test('below the limit nobody waits; from it on all but the oldest do, until enough is gone', async () => {
  const memory = new PayloadMemory(100)
  const [first, second, third] = [memory.open(), memory.open(), memory.open()]
  await second.room(never)
  second.add(60)
  await third.room(never)
  third.add(60)
  assert.equal(memory.held, 120)
  const held = [second.room(never), third.room(never)]
  for (const room of held) assert.ok(await isWaiting(room))
  await first.room(never)
  first.add(10)
  third.close()
  await Promise.all(held)
  assert.equal(memory.held, 70)
  second.close()
  first.close()
  first.close()
  assert.equal(memory.held, 0)
})

test('when the oldest is done the next one becomes it', async () => {
  const memory = new PayloadMemory(1)
  const [first, second, third] = [memory.open(), memory.open(), memory.open()]
  third.add(10)
  const room = second.room(never)
  assert.ok(await isWaiting(room))
  first.close()
  await room
  assert.ok(await isWaiting(third.room(never)))
})

test('who gives up stops waiting', async () => {
  const memory = new PayloadMemory(1)
  const [first, second] = [memory.open(), memory.open()]
  first.add(5)
  const stop = new AbortController()
  const room = second.room(stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(room, /stopped/)
  await assert.rejects(second.room(stop.signal), /stopped/)
  first.close()
})
