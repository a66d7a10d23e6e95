import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { numberToHex } from 'viem'
import { type AskNode, type RpcAction, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { registered, startTestGateway, type TestGateway, testNode, thresholdsOf } from '../contracts/testGateway.ts'
import { line, logged } from './observe.ts'
import { prepareGateway, SenderBench, unplaced, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const SEND = 'eth_sendRawTransaction'

/** An error as nodes send it. */
const refusal = (message: string, code = -32000): RpcAction => ({ kind: 'error', code, message })

test('lost replies, errors and delays of the node neither lose nor repeat an answer', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(60)]
  await line(await bench.sender({ GATEWAY_URL: proxy.url }), 'started to send answers')
  let calls = 0
  proxy.rules.add({
    action: ({ method }) => {
      const turn = calls++ % 12
      if (method === 'eth_getTransactionReceipt' && turn === 0) return { kind: 'drop-reply' }
      if (method !== SEND) return turn === 1 ? refusal('Too Many Requests', -32005) : undefined
      if (turn === 2) return { kind: 'drop-request' }
      if (turn === 3) return refusal('internal error')
      if (turn === 4) return { kind: 'delay', ms: 200 }
      if (turn === 5 || turn === 6) return { kind: 'drop-reply' }
      return turn === 7 ? { kind: 'duplicate' } : undefined
    },
  })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('a node that does not answer when a sender starts to act is waited for, and the process goes on', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(3)]
  const faults: RpcAction[] = [{ kind: 'drop-reply' }, refusal('Too Many Requests', -32005), { kind: 'garbage' }]
  proxy.rules.add({
    method: 'eth_getTransactionCount',
    // Only the start of a term asks for transactions that wait at the node.
    action: ({ params }) => (params[1] === 'pending' ? faults.shift() : undefined),
  })
  const sender = await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal(faults.length, 0)
  assert.equal((await logged(sender, 'could not read the state of the wallet')).length, 3)
})

test('a nonce that somebody else used is given up, and the answer is sent with another one', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  const stealing = async (ask: AskNode) => {
    await gateway.node(0).wallet.send({ to: bench.wallet, data: '0x' })
    return ask()
  }
  proxy.rules.add({ method: SEND, times: 1, action: { kind: 'script', answer: stealing } })
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
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  proxy.rules.add({ method: SEND, times: 1, action: revertIt })
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  const [outcome] = await bench.outcomes(ids)
  assert.equal(outcome?.status, 'confirmed')
  assert.equal(outcome?.nonce, firstNonce + 1)
  assert.deepEqual(await bench.votes(ids), [1])
})

/** The estimate was right when it was made; the transaction is mined while our node is not registered. */
const revertIt: RpcAction = {
  kind: 'script',
  answer: async ask => {
    const strangers = [testNode(gateway.rpcUrl, 7), testNode(gateway.rpcUrl, 8)]
    await gateway.owner.updateKmsNodes(strangers.map(registered), thresholdsOf(2, 2))
    const reply = await ask()
    await gateway.owner.updateKmsNodes(gateway.nodes.map(registered), thresholdsOf(2, 2))
    return reply
  },
}

test('after a crash with a reverted and an unsent transaction of one answer, only the unsent one is sent', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [earlier, id] = [await bench.requestOne(), await bench.requestOne()]
  const first = await bench.sender({ GATEWAY_URL: proxy.url, CHECKPOINT_INTERVAL: '1m' })
  await bench.respond([earlier])
  // The first checkpoint comes at once, the second not in this test: the ledger keeps what comes now.
  await until('a checkpoint', async () => (await bench.checkpoint()) !== undefined)
  const firstNonce = await bench.nonce()
  const reverted = proxy.rules.add({ method: SEND, times: 1, action: revertIt })
  await bench.respond([id])
  await reverted.applied
  const dying = async () => {
    await first.kill('SIGKILL')
    return { result: null }
  }
  proxy.rules.add({ method: SEND, times: 1, action: { kind: 'script', answer: dying } })
  await first.exited
  assert.equal((await bench.ledger()).length, 2)
  // The second transaction is held until the first one's receipt was found, and a while longer: time for a third.
  const { promise: found, resolve } = Promise.withResolvers<void>()
  proxy.rules.add({
    method: SEND,
    action: async () => {
      await found
      return { kind: 'delay', ms: 1_500 }
    },
  })
  const finding = async (ask: AskNode) => {
    const answer = await ask()
    if (answer.result) resolve()
    return answer
  }
  proxy.rules.add({ method: 'eth_getTransactionReceipt', action: { kind: 'script', answer: finding } })
  await bench.sender({ GATEWAY_URL: proxy.url })
  const [outcome] = await bench.outcomes([id])
  await until('an empty ledger', async () => (await bench.ledger()).length === 0)
  assert.equal(outcome?.status, 'confirmed')
  assert.equal(outcome?.nonce, firstNonce + 1)
  assert.equal(await bench.nonce(), firstNonce + 2)
})

test('an endpoint whose count of transactions goes back and forth loses no nonce', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(80)]
  let calls = 0
  proxy.rules.add({
    method: 'eth_getTransactionCount',
    action: {
      kind: 'edit',
      edit: count => (calls++ % 2 === 0 ? count : numberToHex(Math.max(firstNonce, Number(count) - 5))),
    },
  })
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_OPEN_TRANSACTIONS: '8', CHECKPOINT_INTERVAL: '10ms' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
})

test('an endpoint that does not answer never makes an answer a dead letter; the contract that refuses does', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  const never = unplaced(await bench.requestOne())
  const drop = { kind: 'drop-request' } as const
  const faults: RpcAction[] = [drop, refusal('Too Many Requests', -32005), refusal('header not found'), drop]
  proxy.rules.add({ method: 'eth_estimateGas', action: () => faults.shift() })
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.deepEqual(faults, [])
  await bench.respond([never])
  assert.equal((await bench.outcomes([never]))[0]?.status, 'dead')
})
