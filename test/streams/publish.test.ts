import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { messageId, newestMessage, publishOnce, requestStream, requestSubject } from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { adjusted, freshOperation, ids, topologyFor } from './topologies.ts'

const body = Buffer.from('{"v":1}')
const id = requestIdOf(1n)

everyServer('publishOnce', bench => {
  test('stores a request once, inside and outside of the window for message ids', async () => {
    const operation = freshOperation('once')
    const broker = await bench().connectTo(topologyFor(operation))
    const subject = requestSubject(operation, id)
    const headers = { traceparent: 'x' }
    assert.equal(await publishOnce(broker, subject, body, { msgId: messageId(id), headers }), 'stored')
    assert.equal(await publishOnce(broker, subject, body, { msgId: messageId(id) }), 'duplicate')
    // Another message id is what the server sees once its window has passed: the subject alone has to refuse.
    assert.equal(await publishOnce(broker, subject, body, { msgId: 'later' }), 'duplicate')
    const rerun = await publishOnce(broker, requestSubject(operation, id, 1), body, {
      msgId: messageId(id, 1),
    })
    assert.equal(rerun, 'stored')
    const stored = await newestMessage(broker, requestStream(operation), subject)
    assert.deepEqual([stored?.seq, stored?.headers['traceparent'], stored?.body.length], [1, 'x', body.length])
    assert.equal(await newestMessage(broker, requestStream(operation), 'kms.request.nothing'), undefined)
  })

  test('concurrent publishers store each request exactly once', async () => {
    const operation = freshOperation('race')
    const brokers = [await bench().connectTo(topologyFor(operation)), await bench().connect()]
    const results = await Promise.all(
      ids(100).flatMap(n =>
        brokers.map((broker, i) => publishOnce(broker, requestSubject(operation, n), body, { msgId: `${n}-${i}` })),
      ),
    )
    assert.equal(results.filter(r => r === 'stored').length, 100)
    const info = await brokers[0]?.manager.streams.info(requestStream(operation))
    assert.equal(info?.state.messages, 100)
  })

  test('a full stream makes the publisher wait until there is room', async () => {
    const operation = freshOperation('full')
    const stream = requestStream(operation)
    const topology = adjusted(topologyFor(operation), { of: stream, stream: { max_bytes: 3_000 } })
    const broker = await bench().connectTo(topology)
    const big = Buffer.alloc(1_000)
    const publish = (n: bigint, onStalled?: (stall: { error: { code: string } }) => void) =>
      publishOnce(broker, requestSubject(operation, requestIdOf(n)), big, {
        msgId: `${n}`,
        ...(onStalled ? { onStalled } : {}),
      })
    await publish(1n)
    await publish(2n)
    const stalled = Promise.withResolvers<string>()
    const waiting = publish(3n, stall => stalled.resolve(stall.error.code))
    assert.equal(await stalled.promise, 'STREAM_FULL')
    await broker.manager.streams.purge(stream, { filter: requestSubject(operation, requestIdOf(1n)) })
    assert.equal(await waiting, 'stored')
  })

  test('a message that is too large is a fault, whoever refuses it', async () => {
    const operation = freshOperation('large')
    const broker = await bench().connectTo(topologyFor(operation))
    for (const bytes of [1_020_000, 2 * 1024 * 1024]) {
      const publishing = publishOnce(broker, requestSubject(operation, id), Buffer.alloc(bytes), { msgId: 'x' })
      await assert.rejects(publishing, { code: 'MESSAGE_TOO_LARGE' })
    }
  })

  test('an abort ends the waiting for a stream that is not there', async () => {
    const broker = await bench().connect()
    const controller = new AbortController()
    const onStalled = () => controller.abort(new Error('stop'))
    const publishing = publishOnce(broker, 'nobody.listens', body, { msgId: 'x', signal: controller.signal, onStalled })
    await assert.rejects(publishing, /stop/)
  })

  test('a crash of the server in mid-publish loses nothing and stores nothing twice', async () => {
    const operation = freshOperation('crash')
    const broker = await bench().connectTo(topologyFor(operation))
    const all = ids(400)
    const crash = async () => {
      await bench().server.kill()
      await bench().server.restart()
    }
    let stored = 0
    let crashed: Promise<void> | undefined
    const lane = async (mine: typeof all) => {
      for (const n of mine) {
        await publishOnce(broker, requestSubject(operation, n), body, { msgId: messageId(n) })
        stored += 1
        if (stored === 100) crashed = crash()
      }
    }
    await Promise.all([0, 1, 2, 3].map(i => lane(all.filter((_, n) => n % 4 === i))))
    await crashed
    const reader = await bench().connect()
    const info = await reader.manager.streams.info(requestStream(operation), { subjects_filter: '>' })
    assert.equal(info.state.messages, all.length)
    assert.equal(Object.keys(info.state.subjects ?? {}).length, all.length)
  })

  test('publishing on a closed connection is a fault', async () => {
    const broker = await bench().connect()
    await broker.connection.close()
    await assert.rejects(publishOnce(broker, 'a.b', body, { msgId: 'x' }), { code: 'BROKER_UNAVAILABLE' })
  })
})
