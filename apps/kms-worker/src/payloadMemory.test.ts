import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { PayloadMemory } from './payloadMemory.ts'

const never = new AbortController().signal

async function isWaiting(room: Promise<void>): Promise<boolean> {
  await nextTurn()
  return Promise.race([room.then(() => false), nextTurn(true)])
}

test('who comes at once shares the room, although nothing has been received yet', async () => {
  const memory = new PayloadMemory(100, 4)
  const payloads = Array.from({ length: 6 }, () => memory.open())
  const rooms = payloads.map(payload => payload.room(never))
  const waiting = await Promise.all(rooms.map(isWaiting))
  assert.deepEqual(waiting, [false, false, false, false, true, true])
  payloads[1]?.close()
  assert.equal(await isWaiting(rooms[4] ?? Promise.resolve()), false)
  assert.equal(await isWaiting(rooms[5] ?? Promise.resolve()), true)
})

test('below the limit nobody waits; from it on all but the oldest do, until enough is gone', async () => {
  const memory = new PayloadMemory(100, 100)
  const [first, second, third] = [memory.open(), memory.open(), memory.open()]
  await second.room(never)
  second.add(40)
  await third.room(never)
  third.add(40)
  assert.equal(memory.held, 80)
  const room = second.room(never)
  assert.ok(await isWaiting(room))
  await first.room(never)
  first.add(40)
  assert.equal(memory.held, 120)
  assert.ok(await isWaiting(room))
  third.close()
  assert.ok(await isWaiting(room), 'another 40 do not fit yet')
  first.close()
  await room
  second.close()
  second.close()
  assert.equal(memory.held, 0)
})

test('a fetch is taken to be as large as those before it, and a large one is forgotten', async () => {
  const memory = new PayloadMemory(1_000, 1_000)
  const [oldest, large, other] = [memory.open(), memory.open(), memory.open()]
  await large.room(never)
  large.add(600)
  const room = other.room(never)
  assert.ok(await isWaiting(room), 'another one of 600 does not fit')
  for (let n = 0; n < 30; n++) oldest.add(0)
  await room
})

test('when the oldest is done the next one becomes it', async () => {
  const memory = new PayloadMemory(1, 1)
  const [first, second, third] = [memory.open(), memory.open(), memory.open()]
  third.add(10)
  const room = second.room(never)
  assert.ok(await isWaiting(room))
  first.close()
  await room
  assert.ok(await isWaiting(third.room(never)))
})

test('who gives up stops waiting', async () => {
  const memory = new PayloadMemory(1, 1)
  const [first, second] = [memory.open(), memory.open()]
  first.add(5)
  const stop = new AbortController()
  const room = second.room(stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(room, /stopped/)
  await assert.rejects(second.room(stop.signal), /stopped/)
  first.close()
})

test('ciphertexts of one size stay below the limit, whatever comes and goes, and everybody is served', async () => {
  const size = 10
  const limit = 100
  const requests = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(requests, fc.scheduler(), async (counts, scheduler) => {
      let most = 0
      const memory = new PayloadMemory(limit, limit / size, bytes => {
        most = Math.max(most, bytes)
      })
      const serve = async (count: number): Promise<void> => {
        const payload = memory.open()
        const fetch = async () => {
          await payload.room(never)
          await scheduler.schedule(Promise.resolve())
          payload.add(size)
        }
        await Promise.all(Array.from({ length: count }, fetch))
        await scheduler.schedule(Promise.resolve())
        payload.close()
      }
      const all = Promise.all(counts.map(serve))
      await scheduler.waitFor(all)
      assert.equal(memory.held, 0)
      assert.ok(most <= limit + size * Math.max(...counts), `${most} bytes`)
    }),
  )
})
