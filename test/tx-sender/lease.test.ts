import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createLogger } from '@kms-connector/service-kit'
import { KeyValue, SENDER_LEASE_BUCKET } from '@kms-connector/streams'
import { startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { Lease, leaseTimes } from '../../apps/tx-sender/src/lease.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line, logged, readiness, status } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

/** Far longer than the test: only a lease that was given back can be taken. */
const LONG_MS = 300_000

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const quiet = createLogger({ service: 'test', version: '0', level: 'fatal', secrets: [] })
const acting = (sender: ServiceProcess) => until('it acts', async () => (await status(sender))['state'] === 'active')

/** Two senders for one wallet: the first acts, the second stands by. */
async function pair(bench: SenderBench, settings: Readonly<Record<string, string>> = {}) {
  const first = await bench.sender(settings)
  await acting(first)
  const second = await bench.sender()
  await until('whom it waits for', async () => (await status(second))['held_by'] !== null)
  return { first, second }
}

test('of two senders one acts, also with many answers in one commit; the other is ready and says whom it waits for', async () => {
  await using bench = await SenderBench.start(gateway, LONG_MS)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(40)]
  const { first, second } = await pair(bench)
  await bench.respond(ids)
  // Every transaction is an answer that was confirmed: none was sent twice, and none was mined only to revert.
  await bench.expectAllConfirmed(ids, firstNonce)
  const { state, held_by } = await status(second)
  assert.deepEqual([state, (held_by as { pid: number }).pid], ['standby', first.pid]) // CAST: of our own page
  assert.equal((await readiness(second)).status, 200)
  assert.deepEqual(await logged(second, 'started to send answers'), [])
})

test('a sender that is stopped hands over at once, with what it had not finished', async () => {
  await using bench = await SenderBench.start(gateway, LONG_MS)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(60)]
  const { first, second } = await pair(bench, { MAX_OPEN_TRANSACTIONS: '4' })
  await bench.respond(ids)
  await until('a transaction', async () => (await bench.nonce()) > firstNonce)
  assert.equal((await first.stop()).code, 0)
  await acting(second)
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('a sender that is killed is replaced once its lease is gone, and a paused one that wakes up harms nothing', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(40)]
  const { first, second } = await pair(bench, { GATEWAY_URL: proxy.url, SEND_AHEAD: '4' })
  // Asleep with a transaction on its way, which arrives only when another sender has sent the same one.
  let sends = 0
  const asleep = proxy.rules.add({
    method: 'eth_sendRawTransaction',
    action: () => {
      if (++sends !== 7) return undefined
      process.kill(first.pid, 'SIGSTOP')
      return { kind: 'delay', ms: 2 * bench.leaseMs }
    },
  })
  await bench.respond(ids)
  await asleep.applied
  await acting(second)
  await bench.outcomes(ids)
  process.kill(first.pid, 'SIGCONT')
  await line(first, 'lost the lease: another sender may act, this one stands by')
  await bench.expectAllConfirmed(ids, firstNonce)
  const more = await bench.request(5)
  await bench.respond(more)
  await bench.expectAllConfirmed([...ids, ...more], firstNonce)
  // The one that slept is as good as new.
  await second.kill('SIGKILL')
  await acting(first)
  const last = await bench.request(5)
  await bench.respond(last)
  await bench.expectAllConfirmed([...ids, ...more, ...last], firstNonce)
})

test('a holder stops by its own clock when the broker does not answer, and has the lease again afterwards', async () => {
  await using bench = await SenderBench.start(gateway)
  const lease = () => new Lease(new KeyValue(bench.broker, SENDER_LEASE_BUCKET), leaseTimes(bench.leaseMs), quiet)
  const [ours, theirs] = [lease(), lease()]
  const stop = new AbortController()
  const lost = await ours.acquire(stop.signal)
  assert.ok(lost && ours.held)
  const waiting = theirs.acquire(stop.signal)
  // Renewed well beyond the age at which the broker removes it.
  await pause(2 * bench.leaseMs)
  assert.deepEqual([ours.held, theirs.held, lost.aborted], [true, false, false])
  await bench.nats.kill()
  await until('the lease is lost', () => lost.aborted)
  assert.throws(() => ours.require(), { code: 'LEASE_LOST' })
  await bench.nats.restart()
  assert.ok(await waiting)
  assert.deepEqual([ours.held, theirs.held], [false, true])
  await theirs.release()
  assert.ok(await ours.acquire(stop.signal))
  await ours.release()
  assert.equal(await new KeyValue(bench.broker, SENDER_LEASE_BUCKET).get('tx-sender'), undefined)
})
