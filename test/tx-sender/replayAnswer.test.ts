import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RequestId, requestIdOf, requestIdValue } from '@kms-connector/protocol'
import { newestMessage, RESPONSES, responseSubject } from '@kms-connector/streams'
import { runCli } from '../cli/runCli.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { prepareGateway, publicDecryption, SenderBench, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** An answer is given up at its first refusal. */
const HASTY = { MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' }

/** Lets the sender give up an answer because its request is not on chain, and then places the request. */
async function deadThenPossible(bench: SenderBench): Promise<RequestId> {
  const last = await bench.requestOne()
  const id = requestIdOf(requestIdValue(last) + 1n)
  await bench.respond([id])
  await until('the outcome dead', async () => (await bench.outcome(id))?.status === 'dead')
  assert.deepEqual(await bench.request(1), [id])
  return id
}

const cli = (bench: SenderBench, ...args: string[]) => runCli(args, { KMS_CONNECTOR_NATS_URL: bench.nats.url })

test('an answer that died is replayed once, whatever is repeated, and its outcome is replaced', async () => {
  await using bench = await SenderBench.start(gateway)
  await bench.sender(HASTY)
  const id = await deadThenPossible(bench)
  const nonce = await bench.nonce()
  const first = await cli(bench, 'dlq', 'replay', id)
  assert.equal(first.code, 0, first.err)
  assert.match(first.out, new RegExp(`published as kms\\.response\\.public-decryption\\.${id}\\.r1\\n1 replayed`))
  await until('the outcome confirmed', async () => (await bench.outcome(id))?.status === 'confirmed')
  assert.deepEqual(await bench.votes([id]), [1])
  assert.equal(await bench.nonce(), nonce + 1)
  assert.match((await cli(bench, 'dlq', 'replay', '--all')).out, /^0 replayed, 0 overtaken, 0 kept/)
  assert.equal((await cli(bench, 'dlq', 'replay', id)).code, 1, 'the letter is gone')
})

test('a replay stored while the sender is down is sent by the next one, and once although everything is read again', async () => {
  await using bench = await SenderBench.start(gateway)
  const sender = await bench.sender(HASTY)
  const id = await deadThenPossible(bench)
  const nonce = await bench.nonce()
  // Killed: nothing says that its checkpoint ever passed the answer, which is read again beside its replay.
  await sender.kill('SIGKILL')
  assert.equal((await cli(bench, 'dlq', 'replay', id)).code, 0)
  const stored = await newestMessage(bench.broker, RESPONSES, responseSubject(publicDecryption, id, 1))
  assert.deepEqual(
    stored?.body,
    (await newestMessage(bench.broker, RESPONSES, responseSubject(publicDecryption, id)))?.body,
  )
  const second = await bench.sender(HASTY)
  await until('the outcome confirmed', async () => (await bench.outcome(id))?.status === 'confirmed')
  await second.kill('SIGKILL')
  await bench.sender(HASTY)
  const good = await bench.requestOne()
  await bench.respond([good])
  await bench.outcomes([good])
  assert.equal((await bench.outcome(id))?.status, 'confirmed')
  assert.deepEqual(await bench.votes([id, good]), [1, 1])
  assert.equal(await bench.nonce(), nonce + 2)
})
