import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, newestMessage, requestSubject, WORKER_CONSUMER } from '@kms-connector/streams'
import { eventually, PipelineBench, small } from './pipelineBench.ts'

const STREAM = 'PUBLIC_DECRYPTION'

let bench: PipelineBench
before(async () => {
  bench = await PipelineBench.start({ workers: 1, listener: { RECONCILE_AGE: '1s', RECONCILE_INTERVAL: '200ms' } })
})
after(() => bench?.stop())

/** Acknowledges the next request in the name of the workers, without answering it. */
async function acknowledge(broker: Broker): Promise<true | undefined> {
  const consumer = await broker.jetstream.consumers.get(STREAM, WORKER_CONSUMER)
  const message = await consumer.next({ expires: 1_000 })
  return message && (await message.ackAck()) ? true : undefined
}

test('a request that a worker acknowledged without an answer is found and answered after all, once', async () => {
  const [worker] = bench.devnet.node.workers
  assert.ok(worker)
  await worker.stop()
  const lost = await bench.request([small('public', 5n)])
  await eventually('the request in our hands', () => acknowledge(bench.broker))
  await worker.restart()
  await bench.expectAnswered(lost)
  await bench.expectExactlyOnce()
  const id = lost[0]?.id
  assert.ok(id)
  const rerun = await newestMessage(bench.broker, STREAM, requestSubject({ name: 'public-decryption' }, id, 1))
  assert.ok(rerun, 'it was run again')
  const metrics = await (await fetch(new URL('/metrics', bench.devnet.node.listener.url))).text()
  assert.match(metrics, /kms_connector_listener_requests_repeated_total\{.*operation="public-decryption".*\} 1\b/)
})
