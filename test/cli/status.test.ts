import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CURSOR_BUCKET,
  KeyValue,
  RESPONSES,
  removeMessage,
  requestStream,
  resetCursor,
  streamIdentity,
} from '@kms-connector/streams'
import { type Anvil, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { freshId, TABLE } from '../request-status/pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from '../request-status/pipelineBroker.ts'
import { runCli } from './runCli.ts'

const OPERATION = TABLE.named('public-decryption')
const CHAIN_ID = 54_321
const HEAD = 1_000

let bench: PipelineBroker
let chain: Anvil
before(async () => {
  ;[bench, chain] = await Promise.all([startPipelineBroker(), startAnvil({ chainId: CHAIN_ID })])
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_mine', params: [`0x${HEAD.toString(16)}`] })
  await fetch(chain.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
})
after(async () => {
  await Promise.all([bench.stop(), chain.stop()])
})

async function look(command: string, more: Readonly<Record<string, string>>) {
  const env = {
    KMS_CONNECTOR_NATS_URL: bench.server.url,
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
  await resetCursor(new KeyValue(bench.broker, CURSOR_BUCKET), `${CHAIN_ID}.${OPERATION.name}`, { block: 701 })
  const { headLag, pages } = await status({ [FINALITY]: '300' })
  assert.equal(headLag, 0)
  assert.ok(!JSON.stringify(pages).includes('the listener is'), JSON.stringify(pages))
  assert.equal((await status({ [FINALITY]: '100' })).headLag, 200)
  assert.equal((await status()).headLag, 299)
})

test('doctor measures each listener by what it may read, too', async () => {
  const bucket = new KeyValue(bench.broker, CURSOR_BUCKET)
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
  for (const id of [freshId(OPERATION), freshId(OPERATION)]) await bench.pipeline.request(OPERATION, id)
  const stream = requestStream(OPERATION)
  await removeMessage(bench.broker, stream, (await streamIdentity(bench.broker, stream)).firstSeq)
  const asked = await status()
  assert.ok(asked.oldestOpenMs > 0)
  assert.equal(asked.openRequests, 1)

  await bench.broker.manager.streams.purge(stream)
  for (const id of [freshId(OPERATION), freshId(OPERATION)]) await bench.pipeline.answer(OPERATION, id)
  await removeMessage(bench.broker, RESPONSES, (await streamIdentity(bench.broker, RESPONSES)).firstSeq)
  assert.ok((await status()).oldestOpenMs > 0)
})
