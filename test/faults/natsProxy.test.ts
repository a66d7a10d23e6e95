import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Broker,
  connectBroker,
  drainBroker,
  provision,
  publishOnce,
  requestStream,
  requestSubject,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { answerTo, deliveryOf, nth, publishTo } from '../../apps/devnet/src/faults/natsMoments.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import { freshOperation, ids, topologyFor } from '../streams/topologies.ts'

let server: NatsServer
let proxy: NatsProxy
let broker: Broker
const operation = freshOperation('proxied')
const STREAM = requestStream(operation)
const [, ...fresh] = ids(20)

before(async () => {
  server = await startNatsServer()
  proxy = await NatsProxy.start({ serverUrl: server.url })
  broker = await connectBroker({ servers: [proxy.url], name: 'through the proxy' })
  await provision(broker, topologyFor(operation))
})
after(async () => {
  if (broker) await drainBroker(broker, 1_000)
  await proxy?.[Symbol.asyncDispose]()
  await server?.stop()
})

/** Publishes a request nobody has published yet. */
function publish(): Promise<string> {
  const id = fresh.shift()
  assert.ok(id)
  return publishOnce(broker, requestSubject(operation, id), Buffer.from(id), { msgId: id })
}
const REQUESTS = `kms.request.${operation.name}.>`

test('it is seen who publishes what, and what answers it', async () => {
  const published = proxy.at(publishTo(REQUESTS), () => undefined)
  const answered = proxy.at(answerTo(REQUESTS), () => undefined)
  assert.equal(await publish(), 'stored')
  const { client, headers, reply, payload } = await published
  assert.equal(client, 'through the proxy')
  assert.equal(headers['Nats-Msg-Id'], Buffer.from(payload).toString())
  assert.equal((await answered).subject, reply)
})

test('a publish that is lost, and a PubAck that is lost, are repeated', async () => {
  const lost = proxy.at(publishTo(REQUESTS), () => 'drop')
  assert.equal(await publish(), 'stored')
  await lost
  const unacknowledged = proxy.at(answerTo(REQUESTS), () => 'drop')
  assert.equal(await publish(), 'duplicate')
  await unacknowledged
})

test('a message that comes twice is stored once', async () => {
  const twice = proxy.at(publishTo(REQUESTS), () => 'duplicate')
  const before = (await broker.manager.streams.info(STREAM)).state.messages
  assert.equal(await publish(), 'stored')
  await twice
  const { state } = await broker.manager.streams.info(STREAM)
  assert.equal(state.messages, before + 1)
})

test('a connection that is cut before or after a publish comes back', async () => {
  for (const [fate, result] of [
    ['cut', 'stored'],
    ['forward-and-cut', 'duplicate'],
  ] as const) {
    const happened = proxy.at(publishTo(REQUESTS), () => fate)
    assert.equal(await publish(), result)
    await happened
  }
})

test('others pass a message that is held, and wait behind a rule that is awaited', async () => {
  const order: string[] = []
  const holding = Promise.withResolvers<void>()
  const held = proxy.at(publishTo(REQUESTS), () => ({ later: holding.promise }))
  const first = publish().then(() => order.push('first'))
  await held
  await publish().then(() => order.push('second'))
  holding.resolve()
  await first
  assert.deepEqual(order, ['second', 'first'])
  const seen: string[] = []
  const acted = proxy.at(publishTo(REQUESTS), async (_, forward) => {
    await forward()
    await new Promise(resolve => setTimeout(resolve, 50))
    seen.push('acted')
    return undefined
  })
  const following = proxy.at(nth(1, publishTo(REQUESTS)), () => {
    seen.push('following')
    return undefined
  })
  assert.deepEqual(await Promise.all([publish(), publish()]), ['stored', 'stored'])
  await Promise.all([acted, following])
  assert.deepEqual(seen, ['acted', 'following'])
})

test('deliveries are seen, and a client that is cut off or refused finds back', async () => {
  const consumer = await broker.jetstream.consumers.get(STREAM, 'kms-worker')
  const delivered = proxy.at(deliveryOf(REQUESTS), () => undefined)
  const message = await consumer.next()
  assert.ok(message)
  assert.match((await delivered).reply ?? '', /^\$JS\.ACK\./)
  message.ack()
  proxy.refusing = true
  proxy.cut(client => client === 'through the proxy')
  const published = publish()
  setTimeout(() => {
    proxy.refusing = false
  }, 100)
  assert.ok(await published)
})
