import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done, type Verdict } from '@kms-connector/protocol'
import type { Delivery } from '@kms-connector/streams'
import { ackedAll, publishAll, start, stopAfter, Tally } from './consuming.ts'
import { everyServer } from './everyServer.ts'
import { adjusted, freshOperation, ids, topologyFor } from './topologies.ts'

everyServer('stopping to consume', bench => {
  test('stopping finishes what is worked on and gives the rest back at once', async () => {
    const operation = freshOperation('drain')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(20))
    const started = Promise.withResolvers<void>()
    const release = Promise.withResolvers<Verdict>()
    let first = true
    const handler = (batch: readonly Delivery[]) => {
      if (!first) return batch.map(() => new Promise<Verdict>(() => {}))
      first = false
      started.resolve()
      return batch.map(() => release.promise)
    }
    // Ten are worked on; the other ten never fill a batch of ten within the linger, because there is no room for more.
    const consumption = start(broker, operation, { handler, batchSize: 10, maxInFlight: 15, lingerMs: 600_000 })
    await started.promise
    while (consumption.held < 15) await new Promise(resolve => setImmediate(resolve))
    const stopping = consumption.stop(10_000)
    release.resolve(done)
    assert.deepEqual(await stopping, { handedBack: 5 })
    const tally = new Tally()
    const next = start(broker, operation, {
      handler: batch =>
        batch.map(async delivery => {
          tally.add(delivery)
          return done
        }),
    })
    await stopAfter(next, tally.reaches(10))
    await ackedAll(broker, operation)
  })

  test('what is not finished at the deadline is given to another worker', async () => {
    const operation = freshOperation('deadline')
    // Before 2.10 a server may lose what is given back while the only pull request is one that was abandoned; the ack
    // wait brings it back.
    const topology = adjusted(topologyFor(operation), { consumer: { ack_wait: 2_000_000_000 } })
    const broker = await bench().connectTo(topology)
    await publishAll(broker, operation, ids(3))
    const tally = new Tally()
    const aborted = Promise.withResolvers<void>()
    const stuck = start(broker, operation, {
      handler: (batch, signal) => {
        signal.addEventListener('abort', () => aborted.resolve())
        for (const delivery of batch) tally.add(delivery)
        return batch.map(() => new Promise<Verdict>(() => {}))
      },
    })
    await tally.reaches(3)
    assert.deepEqual(await stuck.stop(50), { handedBack: 3 })
    await aborted.promise
    const other = start(broker, operation, {
      handler: batch =>
        batch.map(async delivery => {
          tally.add(delivery)
          return done
        }),
    })
    await stopAfter(other, tally.reaches(6))
  })

  test('two workers share a stream, and a crash of the server costs no message', async () => {
    const operation = freshOperation('crash')
    // Messages that were on their way into the crashed connection come back after their ack wait.
    const topology = adjusted(topologyFor(operation), { consumer: { ack_wait: 2_000_000_000 } })
    const broker = await bench().connectTo(topology)
    const all = ids(300)
    await publishAll(broker, operation, all)
    const handled = new Set<string>()
    const finished = Promise.withResolvers<void>()
    const halfway = Promise.withResolvers<void>()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery => {
        await new Promise(resolve => setImmediate(resolve))
        handled.add(delivery.subject)
        if (handled.size >= 100) halfway.resolve()
        if (handled.size === all.length) finished.resolve()
        return done
      })
    const brokers = [await bench().connect(), await bench().connect()]
    const workers = brokers.map(b => start(b, operation, { handler, batchSize: 5, maxInFlight: 10, lingerMs: 1 }))
    await halfway.promise
    await bench().server.kill()
    await bench().server.restart()
    await finished.promise
    await Promise.all(workers.map(worker => worker.stop(1_000)))
  })

  test('stopping without a broker does not hang', async () => {
    const operation = freshOperation('closed')
    const broker = await bench().connectTo(topologyFor(operation))
    await publishAll(broker, operation, ids(2))
    const tally = new Tally()
    const handler = (batch: readonly Delivery[]) =>
      batch.map(async delivery => {
        tally.add(delivery)
        return new Promise<Verdict>(() => {})
      })
    const consumption = start(broker, operation, { handler, heartbeatMs: 10 })
    await tally.reaches(2)
    await broker.connection.close()
    assert.deepEqual(await consumption.stop(50), { handedBack: 2 })
  })
})
