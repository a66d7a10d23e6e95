import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, connectBroker, DEAD_LETTERS, drainBroker, OUTCOMES, RESPONSES } from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { runCli } from './runCli.ts'

let server: NatsServer
let broker: Broker

before(async () => {
  server = await startNatsServer()
  broker = await connectBroker({ servers: [server.url], name: 'test' })
})
after(async () => {
  await drainBroker(broker, 1_000)
  await server.stop()
})

const cli = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runCli(args, { KMS_CONNECTOR_NATS_URL: server.url, KMS_CONNECTOR_STREAMS__PROVISION: 'verify', ...more })

test('check names what is missing, apply creates it, and both are content afterwards', async () => {
  const missing = await cli(['topology', 'check'])
  assert.equal(missing.code, 2)
  assert.match(missing.out, /TOPOLOGY_DRIFT: PUBLIC_DECRYPTION does not exist/)
  const applied = await cli(['topology', 'apply'])
  assert.equal(applied.code, 0, applied.err)
  assert.match(applied.out, /created PUBLIC_DECRYPTION\n/)
  assert.match(applied.out, /created PUBLIC_DECRYPTION\/kms-worker\n/)
  assert.equal((await cli(['topology', 'check'])).code, 0)
  const again = await cli(['topology', 'apply'])
  assert.equal(again.code, 0)
  assert.doesNotMatch(again.out, /created|updated/)
})

test('a changed setting is drift for check and an update for apply', async () => {
  const shorter = { KMS_CONNECTOR_STREAMS__OUTCOME_AGE: '2d' }
  const drift = await cli(['topology', 'check'], shorter)
  assert.equal(drift.code, 2)
  assert.match(drift.out, /OUTCOMES: max_age is \d+, the settings say \d+/)
  const refused = await cli(['topology', 'apply'], shorter)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /apply: OUTCOMES: max_age is 7d, the settings say 2d.*--shorten/)
  assert.equal((await broker.manager.streams.info(OUTCOMES)).config.max_age, 7 * 86_400 * 1e9)
  const applied = await cli(['topology', 'apply', '--shorten'], shorter)
  assert.match(applied.out, /updated OUTCOMES: max_age/)
  const { config } = await broker.manager.streams.info(OUTCOMES)
  assert.equal(config.max_age, 2 * 86_400 * 1e9)
})

test('apply without the settings of the services does not take back what they raised', async () => {
  const raised = { KMS_CONNECTOR_STREAMS__RESPONSE_AGE: '30d', KMS_CONNECTOR_STREAMS__OUTCOME_AGE: '30d' }
  assert.equal((await cli(['topology', 'apply'], raised)).code, 0)
  const bare = await cli(['topology', 'apply'])
  assert.equal(bare.code, 1)
  assert.match(bare.err, /RESPONSES: max_age is 30d, the settings say 2d; OUTCOMES: max_age is 30d/)
  assert.equal((await broker.manager.streams.info(RESPONSES)).config.max_age, 30 * 86_400 * 1e9)
})

test('repair does not either: it says so in a dry run, and carries out nothing before it is allowed to', async () => {
  const chain = { KMS_CONNECTOR_GATEWAY_CHAIN_ID: '54321' }
  await broker.jetstream.publish(`kms.response.public-decryption.${'0a'.repeat(32)}`, '{}')
  await broker.manager.streams.delete(DEAD_LETTERS)
  const dry = await cli(['streams', 'repair', '--dry-run'], chain)
  assert.equal(dry.code, 2)
  assert.match(dry.out, /DEAD_LETTERS[\s\S]*refused without --shorten:\n {2}RESPONSES: max_age is 30d/)
  const refused = await cli(['streams', 'repair', '--json'], chain)
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /repair: RESPONSES: max_age is 30d/)
  await assert.rejects(broker.manager.streams.info(DEAD_LETTERS))
  const done = await cli(['streams', 'repair', '--json', '--shorten'], chain)
  assert.equal(done.code, 0, done.err)
  assert.equal(JSON.parse(done.out).carried_out, true)
  assert.equal((await broker.manager.streams.info(RESPONSES)).config.max_age, 2 * 86_400 * 1e9)
  assert.ok(await broker.manager.streams.info(DEAD_LETTERS))
})

test('what cannot be changed in place is refused with its name, and left alone', async () => {
  await broker.manager.streams.delete(RESPONSES)
  const storage = 'memory' as Parameters<typeof broker.manager.streams.add>[0]['storage'] // CAST: an enum of the client
  await broker.manager.streams.add({ name: RESPONSES, subjects: ['kms.response.>'], ...(storage ? { storage } : {}) })
  const refused = await cli(['topology', 'apply'])
  assert.equal(refused.code, 1)
  assert.match(refused.err, /TOPOLOGY_DRIFT: RESPONSES: storage is "memory", expected "file"/)
  assert.equal((await broker.manager.streams.info(RESPONSES)).config.storage, 'memory')
})
