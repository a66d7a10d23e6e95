import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseTransaction } from 'viem'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { prepareGateway, SenderBench, unplaced } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const count = ({ exchanges }: RpcProxy, method: string) =>
  exchanges.flat().filter(call => call.method === method).length

/** Gas limits of the answers that the sender sent. */
function limits({ exchanges }: RpcProxy): bigint[] {
  const raws = exchanges.flat().filter(({ method }) => method === 'eth_sendRawTransaction')
  return raws.map(({ params }) => parseTransaction(params[0] as `0x02${string}`).gas ?? 0n) // CAST: the sender sends these
}

test('every answer is tried at the contract, but only the first of its form is estimated', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, first, ids] = [await bench.nonce(), await bench.requestOne(), await bench.request(40)]
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond([first])
  await bench.outcomes([first])
  await bench.respond(ids)
  await bench.expectAllConfirmed([first, ...ids], firstNonce)
  assert.equal(count(proxy, 'eth_call') + count(proxy, 'eth_estimateGas') >= 41, true)
  assert.equal(count(proxy, 'eth_estimateGas'), 1)
  // All of them have the floor on top: another node may land first, and then ours stores the consensus.
  const [estimated = 0n, ...learned] = limits(proxy)
  for (const limit of learned) assert.ok(limit >= estimated, `${limit} is less than the ${estimated} of the first`)
})

test('an answer that the contract does not take with the gas of others is estimated, and gets what it needs', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, first, ids] = [await bench.nonce(), await bench.requestOne(), await bench.request(3)]
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond([first])
  await bench.outcomes([first])
  proxy.rules.add({ method: 'eth_call', action: { kind: 'error', code: -32000, message: 'out of gas' } })
  await bench.respond(ids)
  await bench.expectAllConfirmed([first, ...ids], firstNonce)
  assert.equal(count(proxy, 'eth_estimateGas'), 4)
})

test('an endpoint that does not answer to a trial is asked again later, not for an estimate at once', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, first, next] = [await bench.nonce(), await bench.requestOne(), await bench.requestOne()]
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond([first])
  await bench.outcomes([first])
  const silent = proxy.rules.add({ method: 'eth_call', times: 2, action: { kind: 'drop-request' } })
  await bench.respond([next])
  await bench.expectAllConfirmed([first, next], firstNonce)
  assert.equal(silent.hits, 2)
  assert.equal(count(proxy, 'eth_estimateGas'), 1)
})

test('what the contract says to an answer that it does not take is what it says to the estimate', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, first, answered] = [await bench.nonce(), await bench.requestOne(), await bench.requestOne()]
  const never = unplaced(answered)
  await bench.sender({ GATEWAY_URL: proxy.url, MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' })
  await bench.respond([first])
  await bench.outcomes([first])
  await bench.respond([never])
  assert.equal((await bench.outcomes([never]))[0]?.status, 'dead')
  await bench.respond([answered])
  await bench.expectAllConfirmed([first, answered], firstNonce)
})
