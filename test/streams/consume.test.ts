import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, done, type Verdict } from '@kms-connector/protocol'
import {
  type ConsumeEvent,
  DEAD_LETTERS,
  DECRYPTION_RETRY,
  type Delivery,
  deadSubject,
  decodeDeadLetter,
  newestMessage,
  publishOnce,
  requestStream,
  requestSubject,
} from '@kms-connector/streams'
import { ackedAll, busy, publishAll, start, stopAfter, Tally } from './consuming.ts'
import { everyServer } from './everyServer.ts'
import { adjusted, freshOperation, ids, topologyFor } from './topologies.ts'

everyServer('consume', bench => {
  test('hands out full batches of 64 and the rest after the linger, and acknowledges what is done', async () => {
    const operation = freshOperation('batches')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(130))
    const sizes: number[] = []
    const tally = new Tally()
    const handler = (batch: readonly Delivery[]) => {
      sizes.push(batch.length)
      return batch.map(async delivery => {
        tally.add(delivery)
        return done
      })
    }
    const consumption = start(broker, operation, { handler, maxInFlight: 256, lingerMs: 200 })
    await stopAfter(consumption, tally.reaches(130))
    assert.deepEqual(sizes, [64, 64, 2])
    await ackedAll(broker, operation)
    const [first] = tally.seen
    assert.equal(first?.attempt, 1)
    assert.equal(Buffer.from(first?.body ?? []).toString(), ids(1)[0])
    assert.ok(Math.abs((first?.firstStoredAt ?? 0) - Date.now()) < 60_000)
  })

  test('a lone message after a silence waits for no others', async () => {
    const operation = freshOperation('lone')
    const broker = await bench().connectTo(topologyFor(operation))
    const tally = new Tally()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery => {
        tally.add(delivery)
        return done
      })
    const consumption = start(broker, operation, { handler, lingerMs: 3_600_000 })
    await publishAll(broker, operation, ids(1))
    await stopAfter(consumption, tally.reaches(1))
    await ackedAll(broker, operation)
  })

  test('a retry comes back with a higher attempt, a failed promise counts as retry', async () => {
    const operation = freshOperation('retry')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(1))
    const tally = new Tally()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery => {
        tally.add(delivery)
        if (delivery.attempt === 1) return busy()
        if (delivery.attempt === 2) throw new Error('a bug')
        return done
      })
    await stopAfter(start(broker, operation, { handler }), tally.reaches(3))
    assert.deepEqual(
      tally.seen.map(d => d.attempt),
      [1, 2, 3],
    )
    await ackedAll(broker, operation)
  })

  test('a dead message is kept whole as a dead letter, with its history, and not delivered again', async () => {
    const operation = freshOperation('dead')
    const broker = await bench().connectTo(topologyFor(operation))
    const [id] = ids(1)
    assert.ok(id)
    const body = Buffer.from([0xff, 0x01, 0x02])
    await publishOnce(broker, requestSubject(operation, id), body, { msgId: id, headers: { traceparent: 'x' } })
    const settled = Promise.withResolvers<void>()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery =>
        delivery.attempt === 1
          ? busy()
          : { kind: 'dead' as const, error: new ConnectorError('MESSAGE_MALFORMED', 'not ours') },
      )
    const onEvent = (event: ConsumeEvent) => {
      if (event.kind === 'settled' && event.settlement.kind === 'dead') settled.resolve()
    }
    await stopAfter(start(broker, operation, { handler, onEvent }), settled.promise)
    await ackedAll(broker, operation)
    const stored = await newestMessage(broker, DEAD_LETTERS, deadSubject('test-worker', operation.name, id))
    const letter = decodeDeadLetter(stored?.body ?? new Uint8Array())
    assert.deepEqual([letter.code, letter.key, letter.headers['traceparent']], ['MESSAGE_MALFORMED', id, 'x'])
    assert.deepEqual(Buffer.from(letter.body), body)
    assert.deepEqual(
      [letter.source?.stream, letter.source?.seq, letter.source?.attempts],
      [requestStream(operation), 1, 2],
    )
    assert.deepEqual(
      letter.history.map(h => h.code),
      ['CORE_BUSY', 'MESSAGE_MALFORMED'],
    )
  })

  test('a retry over the budget ends as a dead letter', async () => {
    const operation = freshOperation('budget')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(1))
    const dead = Promise.withResolvers<ConsumeEvent>()
    const onEvent = (event: ConsumeEvent) => {
      if (event.kind === 'settled' && event.settlement.kind === 'dead') dead.resolve(event)
    }
    const handler = (batch: readonly Delivery[]) => batch.map(async () => busy())
    const retry = { ...DECRYPTION_RETRY, budget: { attempts: 3, ageMs: 0 } }
    await stopAfter(start(broker, operation, { handler, onEvent, retry }), dead.promise)
    const event = await dead.promise
    assert.ok(event.kind === 'settled' && event.settlement.kind === 'dead')
    assert.match(event.settlement.error.message, /CORE_BUSY: given up after 3 attempts/)
  })

  test('one slow message holds up neither its batch nor the next ones', async () => {
    const operation = freshOperation('slow')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(60))
    const release = Promise.withResolvers<Verdict>()
    const tally = new Tally()
    const onEvent = (event: ConsumeEvent) => {
      if (event.kind === 'settled') tally.add(event.delivery)
    }
    const handler = (batch: readonly Delivery[]) =>
      batch.map(delivery => (delivery.seq === 1 ? release.promise : Promise.resolve(done)))
    const consumption = start(broker, operation, { handler, onEvent, batchSize: 10, maxInFlight: 10 })
    await tally.reaches(59)
    assert.equal(consumption.held, 1)
    release.resolve(done)
    await stopAfter(consumption, tally.reaches(60))
  })

  test('never holds more than its ceiling', async () => {
    const operation = freshOperation('ceiling')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(100))
    let held = 0
    let most = 0
    const tally = new Tally()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery => {
        held += 1
        most = Math.max(most, held)
        await new Promise(resolve => setImmediate(resolve))
        held -= 1
        tally.add(delivery)
        return done
      })
    await stopAfter(
      start(broker, operation, { handler, maxInFlight: 7, batchSize: 3, lingerMs: 1 }),
      tally.reaches(100),
    )
    assert.ok(most <= 7, `${most} at once`)
  })

  test('long work is kept alive; without signs of life it is delivered again but not worked on twice', async () => {
    const operation = freshOperation('alive')
    const stream = requestStream(operation)
    const topology = adjusted(topologyFor(operation), { of: stream, consumer: { ack_wait: 1_000_000_000 } })
    const broker = await bench().connectTo(topology)
    await publishAll(broker, operation, ids(1))
    const release = Promise.withResolvers<Verdict>()
    const tally = new Tally()
    const redelivered = Promise.withResolvers<void>()
    const onEvent = (event: ConsumeEvent) => {
      if (event.kind === 'redelivered-while-held') redelivered.resolve()
    }
    const handler = (batch: readonly Delivery[]) => {
      for (const delivery of batch) tally.add(delivery)
      return batch.map(() => release.promise)
    }
    const consumption = start(broker, operation, { handler, onEvent, heartbeatMs: 600_000 })
    await redelivered.promise
    release.resolve(done)
    await stopAfter(consumption, ackedAll(broker, operation))
    assert.equal(tally.seen.length, 1)
  })

  test('signs of life keep a message from being delivered again', async () => {
    const operation = freshOperation('heartbeat')
    const stream = requestStream(operation)
    const topology = adjusted(topologyFor(operation), { of: stream, consumer: { ack_wait: 1_000_000_000 } })
    const broker = await bench().connectTo(topology)
    await publishAll(broker, operation, ids(1))
    const release = Promise.withResolvers<Verdict>()
    const events: ConsumeEvent[] = []
    const handler = (batch: readonly Delivery[]) => batch.map(() => release.promise)
    const consumption = start(broker, operation, { handler, onEvent: e => events.push(e), heartbeatMs: 100 })
    await new Promise(resolve => setTimeout(resolve, 2_500))
    const info = await broker.manager.consumers.info(stream, 'kms-worker')
    release.resolve(done)
    await stopAfter(consumption, ackedAll(broker, operation))
    assert.equal(info.num_redelivered, 0)
    assert.ok(!events.some(e => e.kind === 'redelivered-while-held'))
  })
})
