import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type RpcAction, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { answerTo, type NatsMoment, nth, publishTo } from '../../apps/devnet/src/faults/natsMoments.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const SEND = 'eth_sendRawTransaction'
const SLOT = '$KV.tx_slots.slot.*'
const CHECKPOINT = '$KV.sender.checkpoint'

/** Where the process dies, on the wire to the broker: the message in question does not pass. */
const atBroker: readonly (readonly [string, () => NatsMoment])[] = [
  ['signed, slot not created', () => publishTo(SLOT)],
  ['signed, some slots of a commit not created', () => nth(3, publishTo(SLOT))],
  ['slot created, reply of the ledger not seen', () => answerTo(SLOT)],
  ['mined, outcome not stored', () => publishTo('kms.outcome.>')],
  ['outcome stored, reply not seen', () => answerTo('kms.outcome.>')],
  ['outcomes stored, checkpoint not written', () => publishTo(CHECKPOINT)],
  ['checkpoint written, reply not seen', () => answerTo(CHECKPOINT)],
  ['checkpoint written, settled slots not forgotten', () => publishTo('$JS.API.STREAM.PURGE.KV_tx_slots')],
]

/** The same on the wire to the chain: before the chain saw the call, or after. */
const atChain: readonly (readonly [string, string, 'before' | 'after'])[] = [
  ['answer read, not estimated', 'eth_estimateGas', 'before'],
  ['estimated, reply not seen', 'eth_estimateGas', 'after'],
  ['fees not known', 'eth_getBlockByNumber', 'before'],
  ['slot created, not sent', SEND, 'before'],
  ['sent, reply not seen', SEND, 'after'],
  ['reply seen, receipt not looked for', 'eth_getTransactionReceipt', 'before'],
  ['mined, receipt not seen', 'eth_getTransactionReceipt', 'after'],
]

for (const [label, moment] of atBroker) {
  test(`a sender that dies here loses and repeats nothing: ${label}`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using broker = await NatsProxy.start({ serverUrl: bench.nats.url })
    const victim = await bench.sender({ NATS_URL: broker.url })
    await expectPromises(bench, victim, () => {
      void broker.at(moment(), async () => {
        await victim.kill('SIGKILL')
        return 'drop' as const
      })
    })
  })
}

for (const [label, method, when] of atChain) {
  test(`a sender that dies here loses and repeats nothing: ${label}`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
    const victim = await bench.sender({ GATEWAY_URL: proxy.url })
    await expectPromises(bench, victim, () => void proxy.rules.add({ method, times: 1, action: killing(victim, when) }))
  })
}

/** After the death: one effective answer for each request, no nonce wasted or left open, and the next answer flows. */
async function expectPromises(bench: SenderBench, victim: ServiceProcess, arm: () => void): Promise<void> {
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
  arm()
  await bench.respond(ids)
  await victim.exited
  await bench.freeLease()
  await bench.sender()
  await bench.outcomes(ids)
  const next = await bench.request(1)
  await bench.respond(next)
  await bench.expectAllConfirmed([...ids, ...next], firstNonce)
}

function killing(victim: ServiceProcess, when: 'before' | 'after'): RpcAction {
  return {
    kind: 'script',
    answer: async ask => {
      if (when === 'after') await ask()
      await victim.kill('SIGKILL')
      return { result: null }
    },
  }
}

test('a sender that dies after the outcome, before the checkpoint, tells the same again', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
  const victim = await bench.sender({ CHECKPOINT_INTERVAL: '1m' })
  await bench.respond(ids)
  const outcomes = await bench.outcomes(ids)
  await victim.kill('SIGKILL')
  await bench.freeLease()
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
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(200)]
  await bench.respond(ids)
  const settings = { GATEWAY_URL: proxy.url, SEND_AHEAD: '4' }
  const victims: ServiceProcess[] = []
  for (let kill = 0; kill < 5; kill++) {
    const victim = await bench.spawn(settings)
    victims.push(victim)
    killAfter(proxy, victim, randomInt(1, 39))
    await victim.exited
    await bench.freeLease()
  }
  assert.ok(victims.every(victim => victim.state === 'ended'))
  proxy.rules.clear()
  await bench.sender(settings)
  await bench.expectAllConfirmed(ids, firstNonce, 'filled')
})

/** Kills a sender at its n-th transaction, at a random moment around it. */
function killAfter(proxy: RpcProxy, victim: ServiceProcess, sends: number): void {
  let seen = 0
  proxy.rules.clear()
  proxy.rules.add({
    method: SEND,
    action: () => {
      seen++
      if (seen !== sends) return seen % 10 === 0 ? { kind: 'drop-reply' } : undefined
      return {
        kind: 'script',
        answer: async ask => {
          if (randomInt(2) === 0) await ask()
          await pause(randomInt(20))
          await victim.kill('SIGKILL')
          return { result: null }
        },
      }
    },
  })
}
