import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type BrokerStatus,
  connectBroker,
  DEFAULT_TOPOLOGY,
  drainBroker,
  orderedConsume,
  provision,
  publishOnce,
  requestStream,
  requestSubject,
  topologyOf,
} from '@kms-connector/streams'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import { freshOperation, ids } from './topologies.ts'

const operation = freshOperation('slow')
const STREAM = requestStream(operation)
const REQUESTS = ids(60)

test('a client that is too slow is cut off by the server, and comes back for the rest', {
  timeout: 90_000,
}, async t => {
  const server = await startNatsServer({ config: 'max_pending: 4MB' })
  const proxy = await NatsProxy.start({ serverUrl: server.url })
  const statuses: BrokerStatus[] = []
  const broker = await connectBroker({ servers: [proxy.url], name: 'slow' }, status => statuses.push(status))
  const other = await connectBroker({ servers: [server.url], name: 'flood' })
  t.after(async () => {
    await Promise.all([broker, other].map(each => drainBroker(each, 1_000)))
    await proxy[Symbol.asyncDispose]()
    await server.stop()
  })
  await provision(broker, topologyOf([operation], DEFAULT_TOPOLOGY))
  const publish = (id: (typeof REQUESTS)[number]) =>
    publishOnce(other, requestSubject(operation, id), Buffer.from(id), { msgId: id })
  await Promise.all(REQUESTS.slice(0, 30).map(publish))
  broker.connection.subscribe('flood', { callback: () => {} })
  await broker.connection.flush()
  const cut = Promise.withResolvers<void>()
  // Nothing is read from the server while a rule is awaited: as if this process had stopped.
  proxy.rule = ({ direction, subject }) =>
    direction === 'deliver' && subject === 'flood' ? cut.promise.then(() => 'drop' as const) : undefined
  const seqs: number[] = []
  const stop = new AbortController()
  for await (const { seq } of orderedConsume(broker, { stream: STREAM, fromSeq: 1, signal: stop.signal, ahead: 8 })) {
    seqs.push(seq)
    if (seq === 10) {
      const flooding = async () => {
        for (let i = 0; i < 100; i++) other.connection.publish('flood', Buffer.alloc(500_000))
        await other.connection.flush()
        await Promise.all(REQUESTS.slice(30).map(publish))
      }
      await flooding()
      await pause(500)
      cut.resolve()
    }
    if (seq === REQUESTS.length) stop.abort()
  }
  assert.deepEqual(
    seqs,
    REQUESTS.map((_, i) => i + 1),
  )
  assert.ok(statuses.some(({ kind }) => kind === 'disconnected'))
})
