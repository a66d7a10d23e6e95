import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { NO_REPLY, RpcProxy, type RpcRule } from './rpcProxy.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const SEND = 'eth_sendRawTransaction'
const RECEIPT = 'eth_getTransactionReceipt'

/** Where the process dies: at the first call of a method, before or after the chain saw it. */
const points: readonly (readonly [string, string, 'before' | 'after'])[] = [
  ['before an answer is estimated', 'eth_estimateGas', 'before'],
  ['estimated, not signed', 'eth_getBalance', 'before'],
  ['slot stored, not sent', SEND, 'before'],
  ['sent, no reply seen', SEND, 'after'],
  ['mined, no receipt seen', RECEIPT, 'before'],
  ['receipt found, no outcome stored', RECEIPT, 'after'],
]

for (const [label, method, when] of points) {
  test(`a sender that dies here loses and repeats nothing: ${label}`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await RpcProxy.start(gateway.rpcUrl)
    const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
    const victim = await bench.sender({ GATEWAY_URL: proxy.url })
    const died = proxy.once(method, async (_, forward) => {
      if (when === 'after') await forward()
      await victim.kill('SIGKILL')
      return NO_REPLY
    })
    await bench.respond(ids)
    await died
    await victim.exited
    await bench.sender()
    await bench.expectAllConfirmed(ids, firstNonce)
  })
}

test('a sender that dies after the outcome, before the checkpoint, tells the same again', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
  const victim = await bench.sender({ CHECKPOINT_INTERVAL: '1m' })
  await bench.respond(ids)
  const outcomes = await bench.outcomes(ids)
  await victim.kill('SIGKILL')
  await bench.sender()
  const more = await bench.request(1)
  await bench.respond(more)
  await bench.expectAllConfirmed([...ids, ...more], firstNonce)
  const after = await bench.outcomes(ids)
  const facts = (o: (typeof after)[number]) => [o.status, o.transactionHash, o.nonce, o.blockNumber]
  assert.deepEqual(after.map(facts), outcomes.map(facts))
})

test('a sender that is killed again and again beside a node that drops replies answers 200 requests once each', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(200)]
  await bench.respond(ids)
  const settings = { GATEWAY_URL: proxy.url, SEND_AHEAD: '4' }
  const victims: ServiceProcess[] = []
  for (let kill = 0; kill < 5; kill++) {
    const victim = await bench.spawn(settings)
    victims.push(victim)
    await killAfter(proxy, victim, randomInt(1, 39))
  }
  assert.ok(victims.every(victim => victim.state === 'ended'))
  proxy.rule = () => undefined
  await bench.sender(settings)
  await bench.expectAllConfirmed(ids, firstNonce)
})

/** Kills a sender at its n-th transaction, at a random moment around it. */
function killAfter(proxy: RpcProxy, victim: ServiceProcess, sends: number): Promise<void> {
  return new Promise(resolve => {
    let seen = 0
    const rule: RpcRule = async ({ method }, forward) => {
      if (method !== SEND) return undefined
      seen++
      if (seen === sends) {
        const reply = randomInt(2) === 0 ? undefined : await forward()
        await pause(randomInt(20))
        await victim.kill('SIGKILL')
        resolve()
        return reply ?? NO_REPLY
      }
      return seen % 10 === 0 ? NO_REPLY : undefined
    }
    proxy.rule = rule
  })
}
