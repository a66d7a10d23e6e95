import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Hex } from '@kms-connector/protocol'
import { parseTransaction } from 'viem'
import { registered, startTestGateway, type TestGateway, testNode, thresholdsOf } from '../contracts/testGateway.ts'
import { line, logged } from './observe.ts'
import { NO_REPLY, RpcProxy, type RpcRule, refusal } from './rpcProxy.ts'
import { prepareGateway, SenderBench, unplaced, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const SEND = 'eth_sendRawTransaction'

test('lost replies, errors and delays of the node neither lose nor repeat an answer', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(60)]
  await line(await bench.sender({ GATEWAY_URL: proxy.url }), 'started to send answers')
  let calls = 0
  proxy.rule = async ({ method }, forward) => {
    const turn = calls++ % 12
    if (method === 'eth_getTransactionReceipt' && turn === 0) return NO_REPLY
    if (method !== SEND) return turn === 1 ? refusal('Too Many Requests', -32005) : undefined
    if (turn === 2) return NO_REPLY
    if (turn === 3) return refusal('internal error')
    if (turn === 4) await pause(200)
    const reply = await forward()
    return turn === 5 || turn === 6 ? NO_REPLY : reply
  }
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('a sequencer that keeps an early nonce for a moment and then refuses it gets all in order', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(40)]
  let refused = 0
  proxy.rule = async ({ method, params }) => {
    if (method !== SEND) return undefined
    const { nonce = 0 } = parseTransaction(params[0] as Hex) // CAST: the sender sends hex
    for (let looks = 0; (await bench.nonce()) < nonce; looks++) {
      if (looks < 10) await pause(10)
      else {
        refused++
        return refusal(`nonce too high: address ${bench.wallet}, tx: ${nonce}`)
      }
    }
    return undefined
  }
  // The first one comes late, so that those above it are refused.
  const inOrder = proxy.rule
  proxy.rule = async (call, forward) => {
    if (call.method !== SEND) return undefined
    proxy.rule = inOrder
    await pause(300)
    return inOrder(call, forward)
  }
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.ok(refused > 0)
})

test('a nonce that somebody else used is given up, and the answer is sent with another one', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  void proxy.once(SEND, async () => {
    await gateway.node(0).wallet.send({ to: bench.wallet, data: '0x' })
    return undefined
  })
  const sender = await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  const [outcome] = await bench.outcomes(ids)
  assert.equal(outcome?.status, 'confirmed')
  assert.equal(outcome?.nonce, firstNonce + 1)
  assert.deepEqual(await bench.votes(ids), [1])
  assert.equal(await bench.nonce(), firstNonce + 2)
  assert.equal((await logged(sender, 'lost a nonce, the answer gets another one')).length, 1)
})

test('an answer whose transaction reverted is sent again', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  void proxy.once(SEND, revertIt)
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  const [outcome] = await bench.outcomes(ids)
  assert.equal(outcome?.status, 'confirmed')
  assert.equal(outcome?.nonce, firstNonce + 1)
  assert.deepEqual(await bench.votes(ids), [1])
})

/** The estimate was right when it was made; the transaction is mined while our node is not registered. */
const revertIt: RpcRule = async (_, forward) => {
  const strangers = [testNode(gateway.rpcUrl, 7), testNode(gateway.rpcUrl, 8)]
  await gateway.owner.updateKmsNodes(strangers.map(registered), thresholdsOf(2, 2))
  const reply = await forward()
  await gateway.owner.updateKmsNodes(gateway.nodes.map(registered), thresholdsOf(2, 2))
  return reply
}

test('after a crash with a reverted and an unsent transaction of one answer, only the unsent one is sent', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [earlier, id] = [await bench.requestOne(), await bench.requestOne()]
  const first = await bench.sender({ GATEWAY_URL: proxy.url, CHECKPOINT_INTERVAL: '1m' })
  await bench.respond([earlier])
  // The first checkpoint comes at once, the second not in this test: the ledger keeps what comes now.
  await until('a checkpoint', async () => (await bench.checkpoint()) !== undefined)
  const firstNonce = await bench.nonce()
  const reverted = proxy.once(SEND, revertIt)
  await bench.respond([id])
  await reverted
  await proxy.once(SEND, async () => {
    await first.kill('SIGKILL')
    return NO_REPLY
  })
  await first.exited
  assert.equal((await bench.ledger()).length, 2)
  // The second transaction is held until the first one's receipt was found, and a while longer: time for a third.
  const { promise: found, resolve } = Promise.withResolvers<void>()
  proxy.rule = async ({ method }, forward) => {
    if (method === SEND) await found.then(() => pause(1_500))
    if (method === 'eth_getTransactionReceipt' && (await forward()).result !== null) resolve()
    return undefined
  }
  await bench.sender({ GATEWAY_URL: proxy.url })
  const [outcome] = await bench.outcomes([id])
  await until('an empty ledger', async () => (await bench.ledger()).length === 0)
  assert.equal(outcome?.status, 'confirmed')
  assert.equal(outcome?.nonce, firstNonce + 1)
  assert.equal(await bench.nonce(), firstNonce + 2)
})

test('an endpoint whose count of transactions goes back and forth loses no nonce', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(80)]
  let calls = 0
  proxy.rule = async ({ method }, forward) => {
    if (method !== 'eth_getTransactionCount' || calls++ % 2 === 0) return undefined
    const { result } = await forward()
    return { result: `0x${Math.max(firstNonce, Number(result) - 5).toString(16)}` }
  }
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_OPEN_TRANSACTIONS: '8', CHECKPOINT_INTERVAL: '10ms' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('an endpoint that does not answer never makes an answer a dead letter; the contract that refuses does', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await RpcProxy.start(gateway.rpcUrl)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  const never = unplaced(await bench.requestOne())
  const faults = [NO_REPLY, refusal('Too Many Requests', -32005), refusal('header not found'), NO_REPLY]
  proxy.rule = ({ method }) => (method === 'eth_estimateGas' ? faults.shift() : undefined)
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.deepEqual(faults, [])
  await bench.respond([never])
  assert.equal((await bench.outcomes([never]))[0]?.status, 'dead')
})
