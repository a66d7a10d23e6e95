import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  BROKER_SERVICES,
  type Broker,
  type BrokerService,
  DEFAULT_TOPOLOGY,
  type OperationName,
  provision,
  scanStream,
  topologyOf,
} from '@kms-connector/streams'
import { natsServerVersions } from '../../apps/devnet/src/broker/index.ts'
import { SecureBroker } from './secureBroker.ts'

const OPERATION: OperationName = { name: 'public-decryption', group: 'decryption' }
const TOPOLOGY = topologyOf([OPERATION], DEFAULT_TOPOLOGY)
const ID = '01'.padEnd(64, '0')

/** Places of the broker and who may write there; everybody else must fail. */
const WRITES: readonly [what: string, subject: string, stream: string, allowed: readonly BrokerService[]][] = [
  ['a request', `kms.request.public-decryption.${ID}`, 'PUBLIC_DECRYPTION', ['gw-listener']],
  ['an answer', `kms.response.public-decryption.${ID}`, 'RESPONSES', ['kms-worker']],
  ['an outcome', `kms.outcome.public-decryption.${ID}`, 'OUTCOMES', ['tx-sender']],
  ['a cursor', '$KV.last_block_polled.54321.public-decryption', 'KV_last_block_polled', ['gw-listener']],
  ['a slot', '$KV.tx_slots.slot.7', 'KV_tx_slots', ['tx-sender']],
  ['the checkpoint', '$KV.sender.checkpoint', 'KV_sender', ['tx-sender']],
  ['the lease', '$KV.sender_lease.lease', 'KV_sender_lease', ['tx-sender']],
  ['a dead letter of the listener', `kms.dead.gw-listener.x.${ID}`, 'DEAD_LETTERS', ['gw-listener']],
  ['a dead letter of the worker', `kms.dead.kms-worker.x.${ID}`, 'DEAD_LETTERS', ['kms-worker']],
  ['a dead letter of the sender', `kms.dead.tx-sender.x.${ID}`, 'DEAD_LETTERS', ['tx-sender']],
]

const STREAMS = TOPOLOGY.streams.map(plan => plan.name)

/** Questions to JetStream that change or take something, which no service may ask. */
type ApiAct = readonly [what: string, subject: string, body: object]
const API_ACTS: readonly ApiAct[] = [
  ...STREAMS.flatMap((stream): ApiAct[] => [
    [`delete ${stream}`, `$JS.API.STREAM.DELETE.${stream}`, {}],
    [`delete a message of ${stream}`, `$JS.API.STREAM.MSG.DELETE.${stream}`, { seq: 1, no_erase: true }],
    [`update ${stream}`, `$JS.API.STREAM.UPDATE.${stream}`, { name: stream, max_msgs: 1 }],
  ]),
  ...STREAMS.filter(stream => stream !== 'KV_tx_slots').map(
    (stream): ApiAct => [`purge ${stream}`, `$JS.API.STREAM.PURGE.${stream}`, {}],
  ),
  ['create a stream', '$JS.API.STREAM.CREATE.STOLEN', { name: 'STOLEN', subjects: ['stolen'] }],
  ['delete the consumer of the workers', '$JS.API.CONSUMER.DELETE.PUBLIC_DECRYPTION.kms-worker', {}],
  [
    'replace the consumer of the workers',
    '$JS.API.CONSUMER.CREATE.PUBLIC_DECRYPTION',
    replaced({ name: 'kms-worker' }),
  ],
  [
    'replace the consumer of the workers under another name',
    '$JS.API.CONSUMER.CREATE.PUBLIC_DECRYPTION.harmless',
    replaced({ name: 'kms-worker', durable_name: 'kms-worker' }),
  ],
  [
    'replace the consumer of the workers by its name',
    '$JS.API.CONSUMER.CREATE.PUBLIC_DECRYPTION.kms-worker',
    replaced({ name: 'kms-worker', durable_name: 'kms-worker' }),
  ],
  [
    'replace the durable consumer of the workers',
    '$JS.API.CONSUMER.DURABLE.CREATE.PUBLIC_DECRYPTION.kms-worker',
    replaced({ durable_name: 'kms-worker' }),
  ],
]

function replaced(name: object): object {
  const config = { ...name, ack_policy: 'explicit', filter_subject: 'kms.request.public-decryption.nothing' }
  return { stream_name: 'PUBLIC_DECRYPTION', config, action: 'update' }
}

for (const { bin, version } of natsServerVersions()) {
  describe(`stolen credentials on nats-server ${version}`, { timeout: 180_000 }, () => {
    test('no identity reaches what it must not touch', async t => {
      await using secure = await SecureBroker.start([OPERATION], bin)
      await provision(await secure.connect('topology'), TOPOLOGY)
      const operator = await secure.connect('operator')
      const thieves = new Map<BrokerService, Broker>()
      for (const service of BROKER_SERVICES) thieves.set(service, await secure.connect(service))
      const thief = (service: BrokerService): Broker => thieves.get(service) ?? assert.fail(service)
      const content = async () =>
        Object.fromEntries(
          await Promise.all(
            STREAMS.map(async name => [name, (await operator.manager.streams.info(name)).state.last_seq] as const),
          ),
        )

      for (const service of BROKER_SERVICES) {
        await t.test(`${service} with streams.provision verify finds everything in order`, async () => {
          assert.deepEqual(await provision(thief(service), TOPOLOGY, 'verify'), {
            created: [],
            updated: [],
            drifted: [],
          })
        })
        for (const [what, subject, stream, allowed] of WRITES) {
          const may = allowed.includes(service)
          await t.test(`${service} ${may ? 'may' : 'cannot'} write ${what}`, async () => {
            const before = await content()
            const stored = await attempt(thief(service), subject, 'by a thief')
            assert.equal(stored, may)
            const after = await content()
            assert.equal((after[stream] ?? 0) - (before[stream] ?? 0), may ? 1 : 0)
          })
        }
        await t.test(`${service} cannot have the server write for it`, async () => {
          const before = await content()
          const asked = ownSubjects(service)
          for (const subject of asked)
            for (const [, target] of WRITES) {
              // The server answers to whatever reply subject it is told.
              thief(service).connection.publish(subject, Buffer.from('{}'), { reply: target })
            }
          await settled(thief(service))
          const after = await content()
          // What it may write itself has grown, by the publishing and not by the answers to it.
          const own = WRITES.filter(([, , , allowed]) => allowed.includes(service)).map(([, , stream]) => stream)
          for (const stream of STREAMS) if (!own.includes(stream)) assert.equal(after[stream], before[stream], stream)
        })
        for (const [what, subject, body] of API_ACTS) {
          await t.test(`${service} cannot ${what}`, async () => {
            const config = async () => sha256(JSON.stringify(await operatorView(operator)))
            const before = await config()
            await attempt(thief(service), subject, JSON.stringify(body))
            assert.equal(await config(), before)
          })
        }
        if (service !== 'tx-sender')
          await t.test(`${service} cannot read the replies of the sender`, async () => {
            const sender = await secure.connect('tx-sender')
            const heard: string[] = []
            const spy = thief(service)
            for (const subject of ['>', '_INBOX.>', '_R_.>', '$JS.>', 'kms.>', '$KV.>']) {
              const subscription = spy.connection.subscribe(subject, {
                callback: (fault, message) => void (fault ?? heard.push(message.subject)),
              })
              subscription.closed.catch(() => {})
            }
            await spy.connection.flush()
            await sender.manager.streams.info('RESPONSES')
            await sender.jetstream.publish('$KV.sender.lease', 'a secret of the sender')
            await spy.connection.flush()
            assert.deepEqual(heard, [])
          })
      }
      await t.test('topology cannot delete, purge or write', async () => {
        const topology = await secure.connect('topology')
        const before = await content()
        for (const [what, subject, body] of API_ACTS.filter(([act]) => /^(delete|purge)/.test(act))) {
          assert.equal(await attempt(topology, subject, JSON.stringify(body)), false, what)
        }
        for (const [what, subject] of WRITES) assert.equal(await attempt(topology, subject, 'by a thief'), false, what)
        assert.deepEqual(await content(), before)
      })
      await t.test('the reconciler of the listener may read on', async () => {
        const subjects: string[] = []
        const range = { stream: 'RESPONSES', fromSeq: 1, toSeq: 100, signal: AbortSignal.timeout(10_000) }
        for await (const { subject } of scanStream(thief('gw-listener'), range)) subjects.push(subject)
        assert.ok(subjects.length > 0)
      })
      await t.test('neither listener nor request-status can take requests away from the workers', async () => {
        for (const service of ['gw-listener', 'request-status', 'tx-sender'] as const) {
          const { connection } = thief(service)
          const subject = '$JS.API.CONSUMER.MSG.NEXT.PUBLIC_DECRYPTION.kms-worker'
          connection.publish(subject, '{"batch":10}', { reply: '_INBOX.x' })
          await settled(thief(service))
        }
        const { delivered } = await operator.manager.consumers.info('PUBLIC_DECRYPTION', 'kms-worker')
        assert.equal(delivered.consumer_seq, 0)
      })
      await t.test('a consumer that pushes into a stream delivers nothing', async () => {
        for (const service of ['tx-sender', 'request-status'] as const) {
          const before = await content()
          for (const target of ['kms.request.public-decryption.x', '$KV.last_block_polled.1.x', 'kms.response.x.y']) {
            const config = { deliver_subject: target, ack_policy: 'none', deliver_policy: 'all', name: 'push' }
            await attempt(
              thief(service),
              '$JS.API.CONSUMER.CREATE.OUTCOMES.push',
              JSON.stringify({ stream_name: 'OUTCOMES', config }),
            )
            await attempt(
              thief(service),
              '$JS.API.CONSUMER.CREATE.RESPONSES.push',
              JSON.stringify({ stream_name: 'RESPONSES', config }),
            )
          }
          await settled(thief(service))
          assert.deepEqual(await content(), before)
        }
      })
    })
  })
}

/** Requests that a service is allowed to send, whose answers the server would publish. */
function ownSubjects(service: BrokerService): string[] {
  const own = WRITES.filter(([, , , allowed]) => allowed.includes(service)).map(([, subject]) => `${subject}x`)
  return [...own, '$JS.API.INFO', '$JS.API.STREAM.INFO.RESPONSES', '$JS.API.STREAM.MSG.GET.RESPONSES']
}

/** @returns whether the broker took it */
async function attempt(broker: Broker, subject: string, body: string): Promise<boolean> {
  try {
    const answer = await broker.connection.request(subject, Buffer.from(body), { timeout: 1_000 })
    return !answer.string().includes('"error"')
  } catch {
    return false
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Until the server has read everything that was written, and what it causes has had time to happen. */
async function settled(broker: Broker): Promise<void> {
  await broker.connection.flush()
  await new Promise(resolve => setTimeout(resolve, 100))
  await broker.connection.flush()
}

/** Streams and consumers as configured, with what they hold, without what changes by itself. */
async function operatorView(operator: Broker): Promise<unknown> {
  const streams = await Promise.all(
    STREAMS.map(async name => {
      const { config, state } = await operator.manager.streams.info(name)
      return { config, messages: state.messages, last: state.last_seq, deleted: state.num_deleted }
    }),
  )
  const worker = await operator.manager.consumers.info('PUBLIC_DECRYPTION', 'kms-worker')
  const { streams: count } = await operator.manager.getAccountInfo()
  return { streams, worker: { config: worker.config, created: worker.created }, count }
}
