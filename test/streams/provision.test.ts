import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_TOPOLOGY, provision, requestStream, topologyOf } from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { adjusted, freshOperation, topologyFor } from './topologies.ts'

everyServer('provision', bench => {
  test('creates everything once; a second run changes nothing', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('twice')
    const first = await provision(broker, topologyFor(operation))
    assert.ok(first.created.includes(requestStream(operation)))
    assert.ok(first.created.includes(`${requestStream(operation)}/kms-worker`))
    const second = await provision(broker, topologyFor(operation))
    assert.deepEqual(second, { created: [], updated: [], drifted: [] })
    await provision(broker, topologyFor(operation), 'verify')
  })

  test('several processes may provision at once', async () => {
    const operation = freshOperation('at-once')
    const brokers = await Promise.all([1, 2, 3, 4].map(() => bench().connect()))
    await Promise.all(brokers.map(broker => provision(broker, topologyFor(operation))))
  })

  test('what can be changed is updated, or only reported when verifying', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('mutable')
    const stream = requestStream(operation)
    await provision(broker, topologyFor(operation))
    const wanted = adjusted(topologyFor(operation), {
      of: stream,
      stream: { max_bytes: 5_000_000 },
      consumer: { max_ack_pending: 7 },
    })
    const reported = await provision(broker, wanted, 'verify')
    assert.deepEqual(
      reported.drifted.map(d => [d.name, d.field, d.expected]),
      [
        [stream, 'max_bytes', '5000000'],
        [`${stream}/kms-worker`, 'max_ack_pending', '7'],
      ],
    )
    assert.equal((await provision(broker, wanted)).updated.length, 2)
    assert.deepEqual(await provision(broker, wanted), { created: [], updated: [], drifted: [] })
  })

  test('limits whose lowering removes messages are kept, and told, unless it is meant', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('lowered')
    const stream = requestStream(operation)
    const hours = (count: number) => ({
      of: stream,
      stream: { max_age: count * 3_600e9, max_bytes: count * 1_000_000 },
    })
    await provision(broker, adjusted(topologyFor(operation), hours(5)))
    const lower = adjusted(topologyFor(operation), hours(2))
    const kept = await provision(broker, lower)
    assert.deepEqual(
      kept.drifted.map(({ name, field, found }) => [name, field, found]),
      [[stream, 'max_age', String(5 * 3_600e9)]],
    )
    assert.deepEqual(
      kept.updated.map(({ field }) => field),
      ['max_bytes'],
      'what only refuses new messages is lowered',
    )
    const { config } = await broker.manager.streams.info(stream)
    assert.deepEqual([config.max_age, config.max_bytes], [5 * 3_600e9, 2_000_000])
    assert.equal((await provision(broker, lower, 'shorten')).updated.length, 1)
    assert.equal((await broker.manager.streams.info(stream)).config.max_age, 2 * 3_600e9)
    assert.deepEqual(await provision(broker, lower), { created: [], updated: [], drifted: [] })
  })

  test('drift that cannot be changed names stream, field, expected and found value', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('fixed')
    const stream = requestStream(operation)
    const topology = topologyFor(operation)
    const plan = topology.streams.find(s => s.name === stream)
    // CAST: the value of an enum that the client exports as a type only
    const retention = 'workqueue' as never
    await broker.manager.streams.add({ name: stream, subjects: plan?.subjects ?? [], retention })
    await assert.rejects(provision(broker, topology), {
      code: 'TOPOLOGY_DRIFT',
      facts: { name: stream, field: 'retention', expected: '"limits"', found: '"workqueue"' },
    })
    const info = await broker.manager.streams.info(stream)
    assert.equal(info.config.retention, 'workqueue', 'nothing is deleted or recreated')
  })

  test('an update the server refuses is drift, with its reason', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('refused')
    await provision(broker, topologyFor(operation))
    const taken = adjusted(topologyFor(operation), {
      of: requestStream(operation),
      stream: { subjects: ['kms.response.>'] },
    })
    await assert.rejects(provision(broker, taken), { code: 'TOPOLOGY_DRIFT', message: /subjects is .*refuses/ })
  })

  test('verifying does not create, and names what is missing', async () => {
    const broker = await bench().connect()
    const operation = freshOperation('absent')
    const missing = { code: 'TOPOLOGY_DRIFT', message: new RegExp(`${requestStream(operation)} does not exist`) }
    await assert.rejects(provision(broker, topologyFor(operation), 'verify'), missing)
  })

  test('replicas need a server that keeps them consistent', async () => {
    const broker = await bench().connect()
    if (broker.features.consistentReplicas) return
    const topology = topologyOf([freshOperation('replicas')], { ...DEFAULT_TOPOLOGY, replicas: 3 })
    await assert.rejects(provision(broker, topology), { code: 'BROKER_FEATURE_MISSING' })
  })
})
