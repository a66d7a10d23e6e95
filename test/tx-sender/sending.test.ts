import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PRSS_INIT_ID, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import {
  DEAD_LETTERS,
  decodeDeadLetter,
  MAX_MESSAGE_BYTES,
  newestMessage,
  publishOnce,
  responseSubject,
} from '@kms-connector/streams'
import { call, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line, logged } from './observe.ts'
import { prepareGateway, publicDecryption, RESULT, SenderBench, table, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

async function deadLetter(bench: SenderBench, operation: string, key: string) {
  const stored = await newestMessage(bench.broker, DEAD_LETTERS, `kms.dead.tx-sender.${operation}.${key}`)
  return stored && decodeDeadLetter(stored.body)
}

test('300 answers are on chain once each with consecutive nonces, and the sender stops when asked', async () => {
  await using bench = await SenderBench.start(gateway)
  const firstNonce = await bench.nonce()
  const ids = await bench.request(300)
  const sender = await bench.sender()
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.deepEqual(await sender.stop(), { code: 0, signal: null })
  assert.deepEqual(await bench.ledger(), [], 'settled slots are forgotten')
  const again = await bench.sender()
  assert.equal((await line(again, 'started to send answers'))['checkpoint'], 300)
})

test('an answer that the chain holds already is settled without a transaction', async () => {
  await using bench = await SenderBench.start(gateway)
  const id = await bench.requestOne()
  const { wallet } = gateway.node(0)
  await call(gateway, wallet, 'Decryption', 'publicDecryptionResponse', [
    requestIdValue(id),
    RESULT,
    await bench.sign(),
    '0x00',
  ])
  const nonce = await bench.nonce()
  await bench.sender()
  await bench.respond([id])
  const [outcome] = await bench.outcomes([id])
  assert.equal(outcome?.status, 'already-answered')
  assert.equal(await bench.nonce(), nonce)
})

test('the answer of an operation that has none on chain is completed', async () => {
  await using bench = await SenderBench.start(gateway)
  await bench.sender()
  await bench.publish('prss-init', PRSS_INIT_ID, {})
  const [outcome] = await bench.outcomes([PRSS_INIT_ID], table.named('prss-init'))
  assert.equal(outcome?.status, 'completed')
})

test('what is no answer, and what can never be one, is kept as dead letters; the others go on', async () => {
  await using bench = await SenderBench.start(gateway)
  const firstNonce = await bench.nonce()
  const [bad, large, good] = [await bench.requestOne(), await bench.requestOne(), await bench.request(5)]
  const unreadable = requestIdOf(requestIdValue(bad) + (1n << 200n))
  const body = Buffer.from('{"v":1,"operation":"public-decryption"')
  await publishOnce(bench.broker, responseSubject(publicDecryption, unreadable), body, { msgId: unreadable })
  await bench.respond([bad], `0x${'00'.repeat(65)}`)
  // It fits into the stream, but not as hex of signed bytes into a slot.
  const huge = {
    decryptedResult: `0x${'00'.repeat(MAX_MESSAGE_BYTES / 2 - 1_500)}`,
    signature: await bench.sign(),
    extraData: '0x00',
  }
  await bench.publish('public-decryption', large, huge)
  await bench.respond(good)
  const sender = await bench.sender()
  await bench.expectAllConfirmed(good, firstNonce)
  const ended = (await bench.outcomes([bad, large])).map(({ status, reason }) => [status, reason])
  assert.deepEqual(ended, [
    ['dead', 'RESPONSE_REVERTED'],
    ['dead', 'MESSAGE_TOO_LARGE'],
  ])
  assert.match((await deadLetter(bench, 'public-decryption', bad))?.detail ?? '', /ECDSAInvalidSignature/)
  assert.deepEqual((await deadLetter(bench, 'unknown', 'RESPONSES-1'))?.body, body)
  await sender.stop()
  const again = await bench.sender()
  assert.equal((await line(again, 'started to send answers'))['checkpoint'], 8)
})

test('an answer that the node does not know the request of is tried until it does', async () => {
  await using bench = await SenderBench.start(gateway)
  const firstNonce = await bench.nonce()
  const last = await bench.requestOne()
  const next = requestIdOf(requestIdValue(last) + 1n)
  const sender = await bench.sender()
  await bench.respond([next, last])
  await bench.outcomes([last])
  await until('a retry', async () => (await logged(sender, 'could not send an answer yet')).length > 0)
  assert.deepEqual(await bench.request(1), [next])
  await bench.expectAllConfirmed([last, next], firstNonce)
})
