import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex, RequestId } from '@kms-connector/protocol'
import { keccak256 } from 'viem'
import { type RpcAction, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { storeSlot } from './foreignSlot.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

const SEND = 'eth_sendRawTransaction'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** The node does this to every transaction with an answer to this request, for ever; estimates and calls succeed. */
function toAnswersOf(proxy: RpcProxy, id: RequestId, action: (raw: Hex) => RpcAction): void {
  proxy.rules.add({
    method: SEND,
    // CAST: the sender sends hex
    action: ({ params: [raw] }) => (String(raw).includes(id) ? action(raw as Hex) : undefined),
  })
}

/** What the node says, the settings, and the nonces that are burned before the answer is given up. */
const refusals: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ['intrinsic gas too low', { MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' }, 1],
  ['oversized data: transaction size 131200, limit 131072', {}, 1],
  ['computer says no', { MAX_ANSWER_ATTEMPTS: '2', MAX_ANSWER_AGE: '1ms', BURN_AFTER: '1s' }, 2],
]

for (const [message, settings, burned] of refusals) {
  test(`F9 poisonous head: an answer to whose bytes a node always says "${message}" becomes a dead letter`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
    const [firstNonce, bad, good] = [await bench.nonce(), await bench.requestOne(), await bench.request(3)]
    toAnswersOf(proxy, bad, () => ({ kind: 'error', code: -32000, message }))
    await bench.sender({ GATEWAY_URL: proxy.url, ...settings })
    await bench.respond([bad])
    await bench.respond(good)
    const [outcome] = await bench.outcomes([bad])
    assert.deepEqual([outcome?.status, outcome?.reason], ['dead', 'RPC_REJECTED'])
    await bench.outcomes(good)
    assert.deepEqual(await bench.votes([bad, ...good]), [0, 1, 1, 1])
    assert.equal(await bench.nonce(), firstNonce + good.length + burned)
  })
}

test('F8 stuck head: a transaction whose answer the stream does not hold is burned after its time', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, gone, good] = [await bench.nonce(), await bench.requestOne(), await bench.request(3)]
  // At its place in the stream is another answer, as in a stream that was created anew.
  await storeSlot(bench, gone, 1, firstNonce)
  toAnswersOf(proxy, gone, raw => ({ kind: 'result', result: keccak256(raw) }))
  const times = { STALL_AFTER: '300ms', BURN_AFTER: '900ms', RESEND_AFTER: '200ms' }
  await bench.sender({ GATEWAY_URL: proxy.url, ...times })
  await bench.respond(good)
  const outcomes = await bench.outcomes(good)
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
  assert.deepEqual(await bench.votes([gone, ...good]), [0, 1, 1, 1])
  assert.equal(await bench.nonce(), firstNonce + good.length + 1)
})
