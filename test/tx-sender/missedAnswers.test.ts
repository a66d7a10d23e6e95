import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RESPONSES } from '@kms-connector/streams'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line } from './observe.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

test('answers that are gone before they are read are told and counted, and the others are sent', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
  for (const id of ids) await bench.respond([id])
  await Promise.all([2, 3].map(seq => bench.broker.manager.streams.deleteMessage(RESPONSES, seq)))
  const sender = await bench.sender()
  const kept = ids.filter((_, place) => place !== 1 && place !== 2)
  await bench.expectAllConfirmed(kept, firstNonce)
  const told = await line(sender, 'answers were gone from their stream before they were read')
  assert.partialDeepStrictEqual(told, { level: 'error', stream: RESPONSES, from_seq: 2, to_seq: 3, count: 2 })
  const metrics = await (await fetch(new URL('/metrics', sender.url))).text()
  assert.match(metrics, /^kms_connector_sender_answers_missed_total(\{[^}]*\})? 2$/m)
})
