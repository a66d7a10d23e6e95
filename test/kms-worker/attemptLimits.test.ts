import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RequestId } from '@kms-connector/protocol'
import { impatient, openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

test('decryptions that the Core never answers, or the host chain denies, are given up after their attempts', async t => {
  const submitted: RequestId[] = []
  const faults = {
    onSubmit: (id: RequestId) => {
      submitted.push(id)
      return undefined
    },
    onCompute: () => 'never-answer' as const,
  }
  const bench = await openBench(t, world, { longPollMs: 200, faults })
  await bench.worker({ ...impatient(3), GRPC_POLL_BUDGET: '1s' })
  const open = await world.ciphertext()
  const closed = await world.ciphertext({ allowed: false })
  const unanswered = [await world.publicRequest([open]), await world.userRequest([open])]
  const denied = [await world.publicRequest([closed]), await world.userRequest([closed])]
  for (const request of [...unanswered, ...denied]) await bench.publish(request)
  for (const { id } of unanswered) {
    const letter = await bench.buried(id)
    assert.deepEqual([letter.code, letter.source?.attempts], ['CORE_PENDING', 3])
    // A request that was handed out before is polled, not submitted again.
    assert.equal(submitted.filter(each => each === id).length, 1)
  }
  for (const { id } of denied) {
    const letter = await bench.buried(id)
    assert.deepEqual([letter.code, letter.source?.attempts], ['ACL_DENIED', 3])
    assert.ok(!submitted.includes(id), 'the Core was never asked')
  }
  assert.equal(await bench.responses(), 0)
})

test('a worker whose Core is away says so in its readiness', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker()
  await bench.core.stop()
  await until('it is not ready because of the Core', async () => {
    const answer = await fetch(new URL('/readyz?verbose', worker.url))
    return answer.status === 503 && /kms_core/.test(await answer.text())
  })
})
