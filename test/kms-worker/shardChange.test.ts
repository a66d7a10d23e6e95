import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Request, RequestId } from '@kms-connector/protocol'
import { type Faults, startCore } from '../../apps/devnet/src/core/index.ts'
import { openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

/** A Core that tells what was submitted to it, and computes when the test lets it. */
function recording() {
  const submitted: RequestId[] = []
  const core = { silent: false, submitted }
  const faults: Faults = {
    onCompute(id) {
      submitted.push(id)
      return core.silent ? 'never-answer' : undefined
    },
  }
  return { core, faults }
}

test('requests under way when a Core is added go to the Core that has them now, and each is answered once', async t => {
  const [before, added] = [recording(), recording()]
  before.core.silent = true
  const bench = await openBench(t, world, { longPollMs: 300, faults: before.faults })
  const second = await startCore({ ...world.coreOptions, faults: added.faults })
  t.after(() => second.stop())
  const handle = await world.ciphertext()
  const requests = await Promise.all(Array.from({ length: 6 }, () => world.publicRequest([handle])))

  const alone = await bench.worker()
  for (const request of requests) await bench.publish(request)
  await until('all are with the first Core', async () => before.core.submitted.length === requests.length)
  assert.deepEqual(await alone.kill('SIGTERM'), { code: 0, signal: null })

  const endpoints = { KMS_CORE_ENDPOINTS: `${bench.core.url},${second.url}` }
  await bench.worker(endpoints)
  const [even, odd] = [shard(requests, 0), shard(requests, 1)]
  assert.ok(even.length > 0 && odd.length > 0)
  for (const request of odd) await bench.answered(request)
  assert.deepEqual(added.core.submitted.toSorted(), idsOf(odd), 'those that belong to the new one, once each')
  // The first Core still has the others and is not asked to compute them again.
  assert.deepEqual(before.core.submitted.toSorted(), idsOf(requests))
  for (const request of even) assert.equal(await bench.response('public-decryption', request.id), undefined)

  const port = Number(new URL(bench.core.url).port)
  before.core.silent = false
  await bench.core.stop()
  const again = await startCore({ ...world.coreOptions, port, faults: before.faults })
  t.after(() => again.stop())
  for (const request of even) await bench.answered(request)
  assert.equal(await bench.responses(), requests.length)
  assert.deepEqual(await bench.letters(), [])
})

const shard = (requests: readonly Request[], index: number) =>
  requests.filter(({ id }) => BigInt(`0x${id}`) % 2n === BigInt(index))
const idsOf = (requests: readonly Request[]) => requests.map(({ id }) => id).toSorted()
