import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { done, parseRequestId } from '@kms-connector/protocol'
import {
  type Broker,
  CURSOR_BUCKET,
  connectBroker,
  consume,
  DEFAULT_TOPOLOGY,
  drainBroker,
  KEY_MANAGEMENT_RETRY,
  KeyValue,
  type OrderedEvent,
  orderedConsume,
  provision,
  publishOnce,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  topologyOf,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { type NatsServerBinary, natsServerVersions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { answerTo, type NatsMoment } from '../../apps/devnet/src/faults/natsMoments.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import { freshOperation, ids } from './topologies.ts'

const operation = freshOperation('lossy')
const STREAM = requestStream(operation)
const REQUESTS = ids(60)

interface Lossy {
  readonly broker: Broker
  readonly proxy: NatsProxy
}

async function lossy(t: TestContext, binary: NatsServerBinary): Promise<Lossy> {
  const server = await startNatsServer({ bin: binary.bin })
  const proxy = await NatsProxy.start({ serverUrl: server.url })
  const broker = await connectBroker({ servers: [proxy.url], name: 'lossy' })
  t.after(async () => {
    await drainBroker(broker, 1_000)
    await proxy[Symbol.asyncDispose]()
    await server.stop()
  })
  await provision(broker, topologyOf([operation], { ...DEFAULT_TOPOLOGY, ackWaitMs: 1_000 }))
  return { broker, proxy }
}

/** Loses the first, the fourth, the seventh ... of the messages that fit. */
function loseEveryThird(proxy: NatsProxy, moment: NatsMoment): void {
  let seen = 0
  proxy.rule = message => (moment(message) && seen++ % 3 === 0 ? 'drop' : undefined)
}

function publishAll(broker: Broker, body = (id: string): Uint8Array => Buffer.from(id)): Promise<unknown> {
  const one = (id: (typeof REQUESTS)[number]) =>
    publishOnce(broker, requestSubject(operation, id), body(id), { msgId: id })
  return Promise.all(REQUESTS.map(one))
}

const count = async (broker: Broker, stream: string) => (await broker.manager.streams.info(stream)).state.messages

for (const binary of natsServerVersions()) {
  test(`publishes, PubAcks, deliveries and acks that are lost cost time, nothing else (${binary.version})`, async t => {
    const { broker, proxy } = await lossy(t, binary)
    const lost = new Map<string, number>()
    let seen = 0
    proxy.rule = ({ direction, subject, answers, payload }) => {
      const kind =
        direction === 'publish'
          ? subject.startsWith('kms.')
            ? 'publish'
            : subject.startsWith('$JS.ACK.') && Buffer.from(payload).toString() === '+ACK'
              ? 'ack'
              : undefined
          : answers?.startsWith('kms.')
            ? 'PubAck'
            : subject.startsWith('kms.')
              ? 'delivery'
              : undefined
      if (kind === undefined || seen++ % 5 !== 0) return undefined
      lost.set(kind, (lost.get(kind) ?? 0) + 1)
      return 'drop'
    }
    const consumption = consume(broker, {
      stream: STREAM,
      stage: 'test',
      batchSize: 8,
      lingerMs: 5,
      maxInFlight: 16,
      retry: KEY_MANAGEMENT_RETRY,
      heartbeatMs: 250,
      handler: batch =>
        batch.map(async ({ body }) => {
          const id = parseRequestId(Buffer.from(body).toString())
          await publishOnce(broker, responseSubject(operation, id), body, { msgId: id })
          return done
        }),
    })
    t.after(() => consumption.stop(1_000))
    const stop = new AbortController()
    const subjects: string[] = []
    const events: OrderedEvent[] = []
    const options = { stream: RESPONSES, fromSeq: 1, signal: stop.signal, onEvent: (e: OrderedEvent) => events.push(e) }
    const reading = (async () => {
      for await (const { subject } of orderedConsume(broker, options)) {
        subjects.push(subject)
        if (subjects.length === REQUESTS.length) stop.abort()
      }
    })()
    await publishAll(broker)
    await reading
    assert.equal(new Set(subjects).size, REQUESTS.length)
    assert.deepEqual([await count(broker, STREAM), await count(broker, RESPONSES)], [60, 60])
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'hole'),
      [],
    )
    for (const kind of ['publish', 'PubAck', 'delivery', 'ack']) assert.ok((lost.get(kind) ?? 0) > 0, kind)
    proxy.rule = () => undefined
    const open = async () => (await broker.manager.consumers.info(STREAM, WORKER_CONSUMER)).num_ack_pending
    for (const until = performance.now() + 60_000; (await open()) > 0 && performance.now() < until; ) await pause(100)
    assert.equal(await open(), 0)
  })

  test(`a write to a bucket whose reply is lost is recognised as our own (${binary.version})`, async t => {
    const { broker, proxy } = await lossy(t, binary)
    loseEveryThird(proxy, answerTo('$KV.>'))
    const bucket = new KeyValue(broker, CURSOR_BUCKET)
    const body = Buffer.from('x')
    const created = await bucket.create('a', body)
    assert.equal(created.kind, 'written')
    let revision = created.kind === 'written' ? created.revision : 0
    for (let i = 0; i < 2; i++) {
      const updated = await bucket.update('a', body, revision)
      assert.equal(updated.kind, 'written')
      revision = updated.kind === 'written' ? updated.revision : 0
    }
    assert.equal((await bucket.update('a', body, revision - 1)).kind, 'conflict')
    assert.equal((await bucket.delete('a', revision)).kind, 'written')
    loseEveryThird(proxy, answerTo('$JS.API.STREAM.MSG.GET.>'))
    assert.equal(await bucket.get('a'), undefined)
  })
}
