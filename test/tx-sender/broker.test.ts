import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KeyValue, RESPONSES, SENDER_BUCKET, streamIdentity } from '@kms-connector/streams'
import { startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { CheckpointStore } from '../../apps/tx-sender/src/checkpoint.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { exitCode, line, logged } from './observe.ts'
import { prepareGateway, SenderBench, unplaced, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

test('a broker that is killed in mid-work and comes back costs nothing', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(150)]
  await bench.respond(ids)
  let sends = 0
  const atSend = (count: number) => until(`${count} transactions`, () => sends >= count)
  proxy.rules.add({
    method: 'eth_sendRawTransaction',
    action: () => {
      sends++
      return undefined
    },
  })
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_OPEN_TRANSACTIONS: '16' })
  for (const count of [20, 80]) {
    await atSend(count)
    await bench.nats.kill()
    await bench.nats.restart()
  }
  await bench.expectAllConfirmed(ids, firstNonce)
})

async function recreateResponses(bench: SenderBench): Promise<void> {
  const { streams } = bench.broker.manager
  const { config } = await streams.info(RESPONSES)
  await streams.delete(RESPONSES)
  await streams.add(config)
}

test('a stream of answers that was created anew is refused at start', async () => {
  await using bench = await SenderBench.start(gateway)
  const ids = await bench.request(3)
  const sender = await bench.sender()
  await bench.respond(ids)
  await bench.outcomes(ids)
  await sender.stop()
  await recreateResponses(bench)
  const refusing = await bench.spawn()
  assert.equal(await exitCode(refusing), 1)
  await expectFault(refusing)
})

test('a stream of answers that is created anew behind a running sender ends it', async () => {
  await using bench = await SenderBench.start(gateway)
  const ids = await bench.request(3)
  const sender = await bench.sender()
  await bench.respond(ids)
  await bench.outcomes(ids)
  await recreateResponses(bench)
  assert.equal(await exitCode(sender), 1)
  await expectFault(sender)
})

async function expectFault(sender: Parameters<typeof logged>[0]): Promise<void> {
  const [line] = await logged(sender, 'stopping because of a fault')
  assert.match(JSON.stringify(line), /CHECKPOINT_INVALID/)
}

test('an early answer that cannot be sent yet keeps neither slots nor memory, and a restart repeats nothing', async () => {
  await using bench = await SenderBench.start(gateway)
  const ids = await bench.request(60)
  const firstNonce = await bench.nonce()
  const stuck = unplaced(await bench.requestOne())
  const sender = await bench.sender({ INBOX_SIZE: '16', MAX_OPEN_TRANSACTIONS: '8' })
  await bench.respond([stuck])
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  await until('an empty ledger', async () => (await bench.ledger()).length === 0)
  await sender.kill('SIGKILL')
  const again = await bench.sender()
  const more = await bench.requestOne()
  await bench.respond([more])
  await bench.expectAllConfirmed([...ids, more], firstNonce)
  assert.equal((await line(again, 'started to send answers'))['checkpoint'], 0)
})

// A sender that was asleep woke up with a write on its way; the one that had taken over ended with "do not restart me".
test('a checkpoint that another sender moved makes this one begin anew, from where that one was', async () => {
  await using bench = await SenderBench.start(gateway)
  const firstNonce = await bench.nonce()
  const [one, two, three] = [await bench.requestOne(), await bench.requestOne(), await bench.requestOne()]
  const sender = await bench.sender()
  await bench.respond([one])
  await bench.outcomes([one])
  await until('a checkpoint', async () => (await bench.checkpoint()) !== undefined)
  await bench.moveCheckpoint()
  await bench.respond([two])
  await line(sender, 'lost the lease: another sender may act, this one stands by')
  await bench.respond([three])
  await bench.expectAllConfirmed([one, two, three], firstNonce)
  assert.equal((await logged(sender, 'started to send answers')).length, 2)
})

test('a checkpoint that was written, but never answered, is recognised when it is written again', async () => {
  await using bench = await SenderBench.start(gateway)
  const identity = await streamIdentity(bench.broker, RESPONSES)
  const store = () => new CheckpointStore(new KeyValue(bench.broker, SENDER_BUCKET), identity.created)
  const [ours, unanswered] = [store(), store()]
  const at = (seq: number) => ({ seq, lastRead: { seq, storedAt: 1 } })
  const { signal } = new AbortController()
  await unanswered.store(at(1), signal)
  await ours.store(at(1), signal)
  await ours.store(at(2), signal)
  await assert.rejects(unanswered.store(at(3), signal), { code: 'LEASE_LOST' })
})

test('a sender that is asked to stop while the broker is down ends, and the next one goes on', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(40)]
  await bench.respond(ids)
  const sender = await bench.sender({ SHUTDOWN_TIMEOUT: '6s' })
  await until('a transaction', async () => (await bench.nonce()) > firstNonce)
  await bench.nats.kill()
  sender.kill('SIGTERM')
  assert.notEqual(await exitCode(sender), 1)
  await bench.nats.restart()
  await bench.sender()
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('a nonce that was taken for an answer of a lost stream does not count for the one that has its number now', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [old, now] = [await bench.requestOne(), await bench.requestOne()]
  const victim = await bench.sender({ GATEWAY_URL: proxy.url })
  const dying = async () => {
    await victim.kill('SIGKILL')
    return { result: null }
  }
  proxy.rules.add({ method: 'eth_sendRawTransaction', times: 1, action: { kind: 'script', answer: dying } })
  await bench.respond([old])
  await victim.exited
  assert.equal((await bench.ledger()).length, 1)
  await recreateResponses(bench)
  await bench.respond([now])
  await bench.respond([old])
  await bench.sender()
  await bench.outcomes([now, old])
  assert.deepEqual(await bench.votes([now, old]), [1, 1])
})
