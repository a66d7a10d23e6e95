import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestStream, requestSubject, WORKER_CONSUMER } from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { freshOperation, ids, topologyFor } from './topologies.ts'

/** Two minutes of what a host chain that is down can leave waiting at a hundred requests a second. */
const GIVEN_BACK = 12_000
const AT_ONCE = 500
const LATER_MS = 1_800_000

everyServer('requests that were given back for later', bench => {
  test('do not keep new ones from being delivered', async () => {
    const operation = freshOperation('waiting')
    const broker = await bench().connectTo(topologyFor(operation))
    const consumer = await broker.jetstream.consumers.get(requestStream(operation), WORKER_CONSUMER)
    const publish = (some: readonly string[]) =>
      Promise.all(some.map(subject => broker.jetstream.publish(subject, 'body')))
    const subjects = ids(GIVEN_BACK + 1).map(id => requestSubject(operation, id))
    for (let at = 0; at < GIVEN_BACK; at += AT_ONCE) {
      await publish(subjects.slice(at, at + AT_ONCE))
      const batch = await consumer.fetch({ max_messages: AT_ONCE, expires: 2_000 })
      for await (const message of batch) message.nak(LATER_MS)
    }
    await publish(subjects.slice(GIVEN_BACK))
    const next = await consumer.next({ expires: 5_000 })
    assert.equal(next?.subject, subjects[GIVEN_BACK])
    const { num_ack_pending: pending } = await consumer.info()
    assert.equal(pending, GIVEN_BACK + 1)
  })
})
