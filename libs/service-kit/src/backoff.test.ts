import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import fc from 'fast-check'
import { backoffDelay } from './backoff.ts'
import { withDeadline } from './deadline.ts'
import { createLimit } from './limit.ts'
import { retry } from './retry.ts'
import { sleep } from './sleep.ts'

const QUICK = { firstMs: 1, maxMs: 2 }
const never = () => new Promise<never>(() => {})

test('backoff doubles up to its maximum', () => {
  const delays = [1, 2, 3, 4, 5].map(attempt => backoffDelay({ firstMs: 100, maxMs: 1_000 }, attempt, 0))
  assert.deepEqual(delays, [100, 200, 400, 800, 1_000])
})

test('backoff stays within its bounds for any attempt', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delay = backoffDelay({ firstMs: 100, maxMs: 5_000 }, attempt, random)
      assert.ok(delay >= 50 && delay <= 5_000, `attempt ${attempt} gave ${delay}`)
    }),
  )
})

test('sleep throws the reason of its signal, before and during the wait', async () => {
  const reason = new Error('stop')
  await assert.rejects(sleep(1, AbortSignal.abort(reason)), reason)
  const controller = new AbortController()
  const asleep = sleep(2 ** 40, controller.signal)
  controller.abort(reason)
  await assert.rejects(asleep, reason)
  await sleep(0)
})

test('a deadline releases the caller even when the work ignores its signal', async () => {
  const late = new Error('late')
  let seen: AbortSignal | undefined
  const work = (signal: AbortSignal) => {
    seen = signal
    return never()
  }
  await assert.rejects(
    withDeadline(1, () => late, work),
    late,
  )
  assert.equal(seen?.reason, late)
  const controller = new AbortController()
  const running = withDeadline(2 ** 40, () => late, never, controller.signal)
  controller.abort('outer')
  await assert.rejects(running, fault => fault === 'outer')
  assert.equal(
    await withDeadline(
      1_000,
      () => late,
      async () => 'done',
    ),
    'done',
  )
})

test('retry repeats what may heal, and nothing else', async () => {
  const { signal } = new AbortController()
  const seen: number[] = []
  const result = await retry(
    async attempt => {
      seen.push(attempt)
      if (attempt < 3) throw new ConnectorError('RPC_UNAVAILABLE', 'down')
      return 'up'
    },
    { attempts: 5, backoff: QUICK, signal },
  )
  assert.equal(result, 'up')
  assert.deepEqual(seen, [1, 2, 3])

  let calls = 0
  const dead = new ConnectorError('HANDLE_MALFORMED', 'x')
  const fail = async () => {
    calls++
    throw dead
  }
  await assert.rejects(retry(fail, { attempts: 5, backoff: QUICK, signal }), dead)
  assert.equal(calls, 1)
  await assert.rejects(retry(fail, { attempts: 4, backoff: QUICK, signal, worthRetrying: () => true }), dead)
  assert.equal(calls, 5)
})

test('a limit keeps to its ceiling and refuses beyond its queue', async () => {
  const limit = createLimit({ name: 'test', concurrency: 2, maxQueue: 2 })
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const order: number[] = []
  const runs = gates.map((gate, index) =>
    limit.run(async () => {
      order.push(index)
      await gate.promise
    }),
  )
  assert.deepEqual([limit.running, limit.waiting], [2, 2])
  await assert.rejects(
    limit.run(async () => {}),
    { code: 'QUEUE_FULL' },
  )
  gates[0]?.resolve()
  await runs[0]
  assert.deepEqual([order, limit.running, limit.waiting], [[0, 1, 2], 2, 1])
  for (const gate of gates) gate.resolve()
  await Promise.all(runs)
  assert.deepEqual([order, limit.running, limit.waiting], [[0, 1, 2, 3], 0, 0])
})

test('a limit gives places back when work fails or stops waiting', async () => {
  const limit = createLimit({ name: 'test', concurrency: 1, maxQueue: 1 })
  const gate = Promise.withResolvers<void>()
  const first = limit.run(() => gate.promise)
  const controller = new AbortController()
  const waiting = limit.run(async () => assert.fail('must not run'), controller.signal)
  controller.abort(new Error('gone'))
  await assert.rejects(waiting, /gone/)
  assert.equal(limit.waiting, 0)
  gate.reject(new Error('broken'))
  await assert.rejects(first, /broken/)
  assert.equal(limit.running, 0)
  assert.equal(await limit.run(async () => 'next'), 'next')
})
