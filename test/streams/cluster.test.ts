import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { done, type RequestId, requestIdOf } from '@kms-connector/protocol'
import {
  type Broker,
  type Consumption,
  CURSOR_BUCKET,
  connectBroker,
  consume,
  DEFAULT_TOPOLOGY,
  drainBroker,
  featuresOf,
  KEY_MANAGEMENT_RETRY,
  KeyValue,
  orderedConsume,
  provision,
  publishOnce,
  RESPONSES,
  requestStream,
  requestSubject,
  responseSubject,
  topologyOf,
  WORKER_CONSUMER,
  watchTopology,
} from '@kms-connector/streams'
import { type NatsCluster, natsServerVersions, startNatsCluster } from '../../apps/devnet/src/broker/index.ts'
import { freshOperation } from './topologies.ts'

const operation = freshOperation('clustered')
const STREAM = requestStream(operation)
const TOPOLOGY = topologyOf([operation], { ...DEFAULT_TOPOLOGY, replicas: 3, ackWaitMs: 2_000 })
/** Every server that can keep replicas consistent; 2.9 refuses them. */
const SERVERS = natsServerVersions().filter(({ version }) => featuresOf(version).consistentReplicas)

for (const { bin, version } of SERVERS) {
  describe(`a cluster of three nats-servers ${version}`, { timeout: 240_000 }, () => {
    let cluster: NatsCluster
    let broker: Broker
    let consumption: Consumption
    const brokers: Broker[] = []
    const handled = new Map<RequestId, number>()
    const stop = new AbortController()
    const read: string[] = []
    const cas: number[] = []
    const watching: { fault?: unknown } = {}

    const connect = async (name: string) => {
      const connected = await connectBroker({ servers: cluster.urls, name })
      brokers.push(connected)
      return connected
    }
    before(async () => {
      cluster = await startNatsCluster(3, { bin })
      broker = await connect('publisher')
      await provision(broker, TOPOLOGY)
      const consumer = await connect('consumer')
      consumption = consume(consumer, {
        stream: STREAM,
        stage: 'test',
        batchSize: 16,
        lingerMs: 5,
        maxInFlight: 64,
        retry: KEY_MANAGEMENT_RETRY,
        heartbeatMs: 500,
        handler: batch =>
          batch.map(async ({ body }) => {
            const id = requestIdOf(BigInt(`0x${Buffer.from(body).toString()}`))
            handled.set(id, (handled.get(id) ?? 0) + 1)
            await publishOnce(broker, responseSubject(operation, id), body, { msgId: id })
            return done
          }),
      })
      const reader = await connect('reader')
      void (async () => {
        for await (const { subject } of orderedConsume(reader, { stream: RESPONSES, fromSeq: 1, signal: stop.signal }))
          read.push(subject)
      })()
      void watchTopology(broker, TOPOLOGY, { signal: stop.signal, everyMs: 500 }).catch(fault => {
        watching.fault = fault
      })
    })
    after(async () => {
      stop.abort()
      await consumption?.stop(1_000)
      await Promise.all(brokers.map(each => drainBroker(each, 1_000)))
      await cluster?.stop()
    })

    let next = 1
    /** Requests, a hundred at a time, and a cursor that moves behind every hundred, until told otherwise. */
    async function publishWhile(happening: Promise<unknown>): Promise<void> {
      const cursors = new KeyValue(broker, CURSOR_BUCKET)
      const state = { over: false }
      void happening.finally(() => {
        state.over = true
      })
      while (!state.over) {
        const ids = Array.from({ length: 100 }, () => requestIdOf(BigInt(next++)))
        await Promise.all(
          ids.map(id => publishOnce(broker, requestSubject(operation, id), Buffer.from(id), { msgId: id })),
        )
        const known = await cursors.get('1.clustered')
        const body = Buffer.from(String(next))
        const moved = known
          ? await cursors.update('1.clustered', body, known.revision)
          : await cursors.create('1.clustered', body)
        assert.equal(moved.kind, 'written', 'nobody else writes it')
        cas.push(next)
        await pause(100)
      }
      await happening
    }

    /** Every id is stored, answered and read once, in the order of the stream. */
    async function expectOnce(): Promise<void> {
      const deadline = performance.now() + 90_000
      while (read.length < next - 1 && performance.now() < deadline) await pause(50)
      assert.equal(read.length, next - 1)
      assert.equal(new Set(read).size, read.length)
      assert.equal(handled.size, next - 1)
      for (const stream of [STREAM, RESPONSES])
        assert.equal((await broker.manager.streams.info(stream)).state.messages, next - 1)
      assert.equal(watching.fault, undefined)
    }

    async function killAndRestart(name: string | undefined): Promise<void> {
      const member = cluster.member(name ?? '')
      await member.kill()
      await pause(1_500)
      await member.restart()
    }

    test('the leader of a stream is killed in mid-work, and comes back', async () => {
      await pause(200)
      const { cluster: place } = await broker.manager.streams.info(STREAM)
      await publishWhile(killAndRestart(place?.leader))
      await expectOnce()
    })

    test('the leader of a consumer is killed in mid-work, and comes back', async () => {
      const { cluster: ofConsumer } = await broker.manager.consumers.info(STREAM, WORKER_CONSUMER)
      await publishWhile(killAndRestart(ofConsumer?.leader))
      await expectOnce()
    })

    test('a rolling restart of all members goes unnoticed', async () => {
      const rolling = async () => {
        for (const member of cluster.members) {
          await member.restart()
          await healthy(broker)
        }
      }
      await publishWhile(rolling())
      await expectOnce()
    })
  })
}

/** Waits until every replica has caught up, as whoever rolls a cluster does. */
async function healthy(broker: Broker): Promise<void> {
  for (;;) {
    const info = await broker.manager.streams.info(STREAM).catch(() => undefined)
    const replicas = info?.cluster?.replicas ?? []
    if (info?.cluster?.leader && replicas.length === 2 && replicas.every(({ current }) => current)) return
    await pause(100)
  }
}
