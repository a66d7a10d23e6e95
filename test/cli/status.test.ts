import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Broker,
  CURSOR_BUCKET,
  connectBroker,
  drainBroker,
  KeyValue,
  provision,
  RESPONSES,
  removeMessage,
  requestStream,
  resetCursor,
  streamIdentity,
} from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { type Anvil, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from '../request-status/pipeline.ts'
import { runCli } from './runCli.ts'

const OPERATION = TABLE.named('public-decryption')
const CHAIN_ID = 54_321
const HEAD = 1_000

let server: NatsServer
let chain: Anvil
let broker: Broker
let pipeline: Pipeline
before(async () => {
  ;[server, chain] = await Promise.all([startNatsServer(), startAnvil({ chainId: CHAIN_ID })])
  broker = await connectBroker({ servers: [server.url], name: 'test' })
  await provision(broker, TOPOLOGY)
  pipeline = new Pipeline(broker)
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_mine', params: [`0x${HEAD.toString(16)}`] })
  await fetch(chain.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
})
after(async () => {
  await drainBroker(broker, 1_000)
  await Promise.all([server.stop(), chain.stop()])
})

async function look(command: string, more: Readonly<Record<string, string>>) {
  const env = {
    KMS_CONNECTOR_NATS_URL: server.url,
    KMS_CONNECTOR_GATEWAY_URL: chain.rpcUrl,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: String(CHAIN_ID),
    ...more,
  }
  const { out, err } = await runCli([command, '--json'], env)
  assert.notEqual(out, '', err)
  return JSON.parse(out)
}

const status = (more = {}) => look('status', more)

const FINALITY = 'KMS_CONNECTOR_DECRYPTION_FINALITY'

test('a listener that has read all that is final is not behind, however far that is behind the head', async () => {
  // With 300 confirmations block 701 is the highest that it may read.
  await resetCursor(new KeyValue(broker, CURSOR_BUCKET), `${CHAIN_ID}.${OPERATION.name}`, { block: 701 })
  const { headLag, pages } = await status({ [FINALITY]: '300' })
  assert.equal(headLag, 0)
  assert.ok(!JSON.stringify(pages).includes('the listener is'), JSON.stringify(pages))
  assert.equal((await status({ [FINALITY]: '100' })).headLag, 200)
  assert.equal((await status()).headLag, 299)
})

test('doctor measures each listener by what it may read, too', async () => {
  const bucket = new KeyValue(broker, CURSOR_BUCKET)
  for (const { name } of TABLE.all) await resetCursor(bucket, `${CHAIN_ID}.${name}`, { block: 701 })
  const cursorCheck = async (more: Readonly<Record<string, string>>) => {
    const { checks } = await look('doctor', more)
    return checks.find((check: { readonly id: string }) => check.id === 'pipeline.cursor').status
  }
  const both = { [FINALITY]: '300', KMS_CONNECTOR_KEY_MANAGEMENT_FINALITY: '300' }
  assert.equal(await cursorCheck(both), 'ok')
  assert.equal(await cursorCheck({ [FINALITY]: '300' }), 'warn')
})

test('the oldest open request and answer are found behind messages that expired or were removed', async () => {
  assert.equal((await status()).oldestOpenMs, 0)
  for (const id of [freshId(OPERATION), freshId(OPERATION)]) await pipeline.request(OPERATION, id)
  const stream = requestStream(OPERATION)
  await removeMessage(broker, stream, (await streamIdentity(broker, stream)).firstSeq)
  const asked = await status()
  assert.ok(asked.oldestOpenMs > 0)
  assert.equal(asked.openRequests, 1)

  await broker.manager.streams.purge(stream)
  for (const id of [freshId(OPERATION), freshId(OPERATION)]) await pipeline.answer(OPERATION, id)
  await removeMessage(broker, RESPONSES, (await streamIdentity(broker, RESPONSES)).firstSeq)
  assert.ok((await status()).oldestOpenMs > 0)
})
