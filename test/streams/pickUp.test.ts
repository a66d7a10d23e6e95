import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done, OPERATIONS_V0_11, type RequestId } from '@kms-connector/protocol'
import { DEFAULT_TOPOLOGY, type Delivery, topologyOf } from '@kms-connector/streams'
import { ackedAll, busy, publishAll, start, Tally } from './consuming.ts'
import { everyServer } from './everyServer.ts'
import { ids } from './topologies.ts'

everyServer('pick up', bench => {
  for (const operation of OPERATIONS_V0_11) {
    test(`${operation.name}: two workers with room for one get different requests, and one given back comes again`, async t => {
      const broker = await bench().connectTo(topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY))
      const [waiting, fresh] = ids(2)
      assert.ok(waiting && fresh)
      // One was there before the workers, the other comes while they wait.
      await publishAll(broker, operation, [waiting])
      const all = new Tally()
      const holders = new Map<RequestId, Set<string>>()
      const bothHeld = Promise.withResolvers<void>()
      const worker = (name: string) => {
        const handler = (batch: readonly Delivery[]) => {
          assert.equal(batch.length, 1)
          return batch.map(async delivery => {
            const id = Buffer.from(delivery.body).toString() as RequestId // CAST: the body is the id
            holders.set(id, (holders.get(id) ?? new Set()).add(name))
            all.add(delivery)
            if (holders.size === 2) bothHeld.resolve()
            await bothHeld.promise
            return id === fresh && delivery.attempt === 1 ? busy() : done
          })
        }
        const consumption = start(broker, operation, { handler, batchSize: 1, maxInFlight: 1 })
        t.after(() => consumption.stop(1_000))
      }
      worker('one')
      worker('two')
      await all.reaches(1)
      await publishAll(broker, operation, [fresh])
      await bothHeld.promise
      const [first] = holders.get(waiting) ?? []
      const [second] = holders.get(fresh) ?? []
      assert.notEqual(first, second, 'neither had room for both')
      await all.reaches(3)
      assert.deepEqual(
        all.seen.map(({ body, attempt }) => [Buffer.from(body).toString(), attempt]),
        [
          [waiting, 1],
          [fresh, 1],
          [fresh, 2],
        ],
      )
      await ackedAll(broker, operation)
    })
  }
})
