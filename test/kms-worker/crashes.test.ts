import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex, Request, RequestId } from '@kms-connector/protocol'
import { startCore } from '../../apps/devnet/src/core/index.ts'
import { type Bench, logOf, openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World
let handle: Hex

before(async () => {
  world = await startWorld()
  handle = await world.ciphertext()
})
after(() => world?.stop())

async function publishMany(bench: Bench, count: number): Promise<Request[]> {
  const requests = await Promise.all(Array.from({ length: count }, () => world.publicRequest([handle])))
  for (const request of requests) await bench.publish(request)
  return requests
}

async function expectAllAnswered(bench: Bench, requests: readonly Request[]): Promise<void> {
  for (const request of requests) await bench.answered(request)
  assert.equal(await bench.responses(), requests.length)
  assert.deepEqual(await bench.letters(), [])
  await until('all are acknowledged', async () => {
    const { pending, delivered } = await bench.open('public-decryption')
    return pending + delivered === 0
  })
}

/** A Core whose computations wait until the test lets them go. */
function countingCore(delayMs: number) {
  const computed = new Map<RequestId, number>()
  const onCompute = (id: RequestId) => {
    computed.set(id, (computed.get(id) ?? 0) + 1)
    return undefined
  }
  return { computed, options: { delayMs, faults: { onCompute } } }
}

test('two workers share the load, and every request is computed and answered once', async t => {
  const { computed, options } = countingCore(50)
  const bench = await openBench(t, world, options)
  const small = { EVENTS_BATCH_SIZE: '4', MAX_IN_FLIGHT: '8' }
  const workers = await Promise.all([bench.worker(small), bench.worker(small)])
  const requests = await publishMany(bench, 60)
  await expectAllAnswered(bench, requests)
  assert.deepEqual([...new Set(computed.values())], [1])
  for (const worker of workers) assert.match(await logOf(worker), /published an answer/)
})

test('what a killed worker had in hand is finished by another one', async t => {
  const { computed, options } = countingCore(1_000)
  const bench = await openBench(t, world, options)
  const first = await bench.worker()
  const requests = await publishMany(bench, 20)
  await until('work is in hand', async () => computed.size >= 10)
  await first.kill('SIGKILL')
  await bench.worker()
  await expectAllAnswered(bench, requests)
})

test('a worker that is asked to stop finishes what is quick and gives the rest back at once', async t => {
  const slow = new Set<RequestId>()
  const bench = await openBench(t, world, {
    longPollMs: 60_000,
    faults: { onCompute: id => (slow.has(id) ? 'never-answer' : undefined) },
  })
  const worker = await bench.worker({ STREAMS__ACK_WAIT: '1h', SHUTDOWN_TIMEOUT: '7s' })
  const stuck = await world.publicRequest([handle])
  slow.add(stuck.id)
  await bench.publish(stuck)
  const quick = await publishMany(bench, 20)
  const stopped = worker.kill('SIGTERM')
  assert.deepEqual(await stopped, { code: 0, signal: null })
  const log = await logOf(worker)
  assert.match(log, /handed back unfinished requests/)
  assert.doesNotMatch(log, /could not answer a request yet/)
  slow.clear()
  await bench.core.stop()
  const again = await startCore({ ...world.coreOptions, port: Number(new URL(bench.core.url).port) })
  t.after(() => again.stop())
  // What was given back is free at once: nothing waits for the take-over time.
  await bench.worker({ STREAMS__ACK_WAIT: '1h' })
  await expectAllAnswered(bench, [stuck, ...quick])
})

test('a broker that is killed in mid-work loses nothing', async t => {
  const { computed, options } = countingCore(500)
  const bench = await openBench(t, world, options)
  await bench.worker()
  const requests = await publishMany(bench, 20)
  await until('work is in hand', async () => computed.size >= 10)
  await bench.nats.kill()
  await bench.nats.restart()
  await expectAllAnswered(bench, requests)
})
