import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { toHex } from 'viem'
import {
  registered,
  signAnswer,
  startTestGateway,
  type TestGateway,
  testNode,
  thresholdsOf,
} from '../contracts/testGateway.ts'
import { logged, readiness } from './observe.ts'
import { HANDLES, prepareGateway, RESULT, SenderBench, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

test('a wallet that is not registered pauses everything, burns nothing and goes on once it is', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(10)]
  const strangers = [testNode(gateway.rpcUrl, 7), testNode(gateway.rpcUrl, 8)]
  await gateway.owner.updateKmsNodes(strangers.map(registered), thresholdsOf(2, 2))
  const sender = await bench.sender()
  try {
    await bench.respond(ids)
    await until('paused', async () => (await readiness(sender)).text.includes('WALLET_NOT_REGISTERED'))
    assert.equal((await readiness(sender)).status, 503)
    assert.equal(await bench.nonce(), firstNonce)
    assert.deepEqual(await bench.ledger(), [])
  } finally {
    await gateway.owner.updateKmsNodes(gateway.nodes.map(registered), thresholdsOf(2, 2))
  }
  await bench.expectAllConfirmed(ids, firstNonce)
  await until('ready', async () => (await readiness(sender)).status === 200)
})

test('an empty wallet pauses before anything is signed and goes on once it is funded', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(10)]
  await bench.rpc('anvil_setBalance', [bench.wallet, '0x0'])
  const sender = await bench.sender()
  try {
    await bench.respond(ids)
    await until('paused', async () => (await readiness(sender)).text.includes('WALLET_EMPTY'))
    assert.equal((await readiness(sender)).status, 503)
    assert.deepEqual(await bench.ledger(), [], 'no nonce is held')
  } finally {
    await bench.rpc('anvil_setBalance', [bench.wallet, toHex(10n ** 22n)])
  }
  await bench.expectAllConfirmed(ids, firstNonce)
  await until('ready', async () => (await readiness(sender)).status === 200)
})

test('one answer of a signer that is no longer registered does not hold up the others', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, bad, good] = [await bench.nonce(), await bench.requestOne(), await bench.request(20)]
  const stranger = testNode(gateway.rpcUrl, 9).signer
  const message = { ctHandles: HANDLES, decryptedResult: RESULT, extraData: '0x00' }
  await bench.respond([bad], await signAnswer(gateway, stranger, 'PublicDecryptVerification', message))
  await bench.respond(good)
  // A pause would outlast the test.
  const sender = await bench.sender({ PARK_PAUSE: '5m', MAX_ANSWER_ATTEMPTS: '2', MAX_ANSWER_AGE: '1ms' })
  await bench.expectAllConfirmed(good, firstNonce)
  const [outcome] = await bench.outcomes([bad])
  assert.equal(outcome?.status, 'dead')
  assert.equal(outcome?.reason, 'SIGNER_NOT_REGISTERED')
  assert.ok((await logged(sender, 'could not send an answer yet')).length > 0)
})
