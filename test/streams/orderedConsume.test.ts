import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Broker,
  checkBroker,
  checkpointFault,
  messageAt,
  type OperationName,
  type OrderedEvent,
  orderedConsume,
  publishOnce,
  requestStream,
  requestSubject,
  streamIdentity,
} from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { freshOperation, ids, topologyFor } from './topologies.ts'

async function publishAll(broker: Broker, operation: OperationName, count: number, from = 0): Promise<void> {
  for (const id of ids(count).slice(from)) {
    await publishOnce(broker, requestSubject(operation, id), Buffer.from(id), { msgId: id })
  }
}

async function readUntil(
  broker: Broker,
  stream: string,
  fromSeq: number,
  lastSeq: number,
  onEvent?: (e: OrderedEvent) => void,
) {
  const controller = new AbortController()
  const seqs: number[] = []
  const options = { stream, fromSeq, signal: controller.signal, ahead: 8, ...(onEvent ? { onEvent } : {}) }
  for await (const delivery of orderedConsume(broker, options)) {
    seqs.push(delivery.seq)
    if (delivery.seq >= lastSeq) controller.abort()
  }
  return seqs
}

/** What was stored under a number, or would have been. */
async function storedAt(broker: Broker, stream: string, seq: number): Promise<number> {
  return (await messageAt(broker, stream, seq))?.storedAt ?? 0
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

everyServer('orderedConsume', bench => {
  test('reads from a sequence on, in order, and waits for new messages', async () => {
    const operation = freshOperation('ordered')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, 20)
    const reading = readUntil(broker, requestStream(operation), 5, 30)
    await publishAll(broker, operation, 30, 20)
    assert.deepEqual(await reading, range(5, 30))
  })

  test('what was read last must be there as it was, or have expired', async () => {
    const operation = freshOperation('continuity')
    const [stream, broker] = [requestStream(operation), await bench().connectTo(topologyFor(operation))]
    await publishAll(broker, operation, 20)
    const read = async (seq: number, time: number) => {
      const controller = new AbortController()
      const options = { stream, fromSeq: seq + 1, lastRead: { seq, storedAt: time }, signal: controller.signal }
      for await (const delivery of orderedConsume(broker, options)) {
        controller.abort()
        return delivery.seq
      }
      return undefined
    }
    const time = await storedAt(broker, stream, 7)
    assert.equal(await read(7, time), 8)
    // The same nanoseconds become two milliseconds when they are told as a number and as text.
    assert.equal(await read(7, time + 1), 8)
    await assert.rejects(read(7, time + 2), {
      code: 'CHECKPOINT_INVALID',
      message: /message 7 was stored at .* read at/,
    })
    await assert.rejects(read(21, time), { code: 'CHECKPOINT_INVALID', message: /ends at 20, and 21 was read/ })
    await broker.manager.streams.deleteMessage(stream, 7)
    assert.equal(await read(7, 0), 8)
    await broker.manager.streams.purge(stream, { seq: 15 })
    assert.equal(await read(10, 0), 15)
  })

  test('what the client had received ahead of a slow reader comes again after a crash of the server', async () => {
    const operation = freshOperation('ahead')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, 100)
    const controller = new AbortController()
    const seqs: number[] = []
    const options = { stream: requestStream(operation), fromSeq: 1, signal: controller.signal, ahead: 256 }
    for await (const { seq } of orderedConsume(broker, options)) {
      seqs.push(seq)
      if (seq === 10) {
        await bench().server.kill()
        await bench().server.restart()
        while (
          !(await checkBroker(broker).then(
            () => true,
            () => false,
          ))
        )
          await new Promise(setImmediate)
      }
      if (seq === 100) controller.abort()
    }
    assert.deepEqual(seqs, range(1, 100))
  })

  test('nothing is delivered twice to a reader that is slower than the server', async () => {
    const operation = freshOperation('slowly')
    const broker = await bench().connectTo(topologyFor(operation))
    // A window that arrives in several parts.
    const body = Buffer.alloc(8_192)
    await Promise.all(ids(200).map(id => publishOnce(broker, requestSubject(operation, id), body, { msgId: id })))
    const reader = await bench().connect()
    const before = reader.connection.stats().inMsgs
    const controller = new AbortController()
    const seqs: number[] = []
    const options = { stream: requestStream(operation), fromSeq: 1, signal: controller.signal, ahead: 100 }
    for await (const { seq } of orderedConsume(reader, options)) {
      seqs.push(seq)
      if (seq === 200) controller.abort()
      // Every message is there before the next one is asked for.
      if (seq % 10 === 1) for (let turns = 0; turns < 3; turns++) await reader.connection.flush()
    }
    assert.deepEqual(seqs, range(1, 200))
    const arrived = reader.connection.stats().inMsgs - before
    assert.ok(arrived < 300, `${arrived} messages arrived for 200`)
  })

  test('however many windows are read, the server keeps hardly more than one consumer', async () => {
    const operation = freshOperation('windows')
    const broker = await bench().connectTo(topologyFor(operation))
    const stream = requestStream(operation)
    await publishAll(broker, operation, 100)
    const before = (await broker.manager.streams.info(stream)).state.consumer_count
    const controller = new AbortController()
    const kept: number[] = []
    for await (const { seq } of orderedConsume(broker, { stream, fromSeq: 1, signal: controller.signal, ahead: 2 })) {
      if (seq % 10 === 0) kept.push((await broker.manager.streams.info(stream)).state.consumer_count - before)
      if (seq === 100) controller.abort()
    }
    assert.ok(Math.max(...kept) <= 3, `consumers after each five windows: ${kept.join(' ')}`)
  })

  test('a restart of the server leaves no gap and no repeat', async () => {
    const operation = freshOperation('restart')
    const broker = await bench().connectTo(topologyFor(operation))
    const writer = await bench().connect()
    await publishAll(writer, operation, 50)
    const controller = new AbortController()
    const seqs: number[] = []
    let restarted: Promise<void> | undefined
    const stream = requestStream(operation)
    for await (const { seq } of orderedConsume(broker, { stream, fromSeq: 1, signal: controller.signal, ahead: 8 })) {
      seqs.push(seq)
      if (seq === 20) {
        restarted = bench()
          .server.kill()
          .then(() => bench().server.restart())
          .then(() => publishAll(writer, operation, 100, 50))
      }
      if (seq >= 100) controller.abort()
    }
    await restarted
    assert.deepEqual(seqs, range(1, 100))
  })

  test('a removed message shows as a hole', async () => {
    const operation = freshOperation('hole')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, 6)
    await broker.manager.streams.deleteMessage(requestStream(operation), 3)
    const events: OrderedEvent[] = []
    const seqs = await readUntil(broker, requestStream(operation), 1, 6, e => events.push(e))
    assert.deepEqual(seqs, [1, 2, 4, 5, 6])
    assert.deepEqual(events, [{ kind: 'hole', fromSeq: 3, toSeq: 3 }])
  })

  test('a recreated stream does not fit an old checkpoint', async () => {
    const operation = freshOperation('identity')
    const topology = topologyFor(operation)
    const broker = await bench().connectTo(topology)
    const stream = requestStream(operation)
    await publishAll(broker, operation, 3)
    const before = await streamIdentity(broker, stream)
    assert.deepEqual([before.firstSeq, before.lastSeq], [1, 3])
    const checkpoint = { seq: 2, created: before.created }
    await bench().server.restart()
    assert.equal(checkpointFault(checkpoint, await streamIdentity(broker, stream)), undefined)
    await broker.manager.streams.delete(stream)
    const again = await bench().connectTo(topology)
    await publishAll(again, operation, 5)
    assert.equal(checkpointFault(checkpoint, await streamIdentity(again, stream))?.code, 'CHECKPOINT_INVALID')
  })
})
