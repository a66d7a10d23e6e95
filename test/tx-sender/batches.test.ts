import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RpcAction, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

const SEND = 'eth_sendRawTransaction'
const ESTIMATE = 'eth_estimateGas'
const TRIAL = 'eth_call'
const RECEIPT = 'eth_getTransactionReceipt'

/** Enough to travel together. */
const AT_ONCE = 12

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** A sender behind a wire that answers to a few answers first, so that it has found out that batches are taken. */
async function warm(bench: SenderBench, proxy: RpcProxy): Promise<void> {
  await line(await bench.sender({ GATEWAY_URL: proxy.url, MEMPOOL: 'present' }), 'started to send answers')
  for (let tries = 0; !isBatching(proxy); tries++) {
    assert.ok(tries < 20, 'the sender never sent a batch')
    const ids = await bench.request(AT_ONCE)
    await bench.respond(ids)
    await bench.outcomes(ids)
  }
}

function isBatching({ exchanges }: RpcProxy): boolean {
  return [SEND, TRIAL, RECEIPT].every(method =>
    exchanges.some(calls => calls.length > 2 && calls[0]?.method === method),
  )
}

/** Breaks batches, not single calls: whatever was learned of the wire before, every fault is one of a batch. */
function inBatches(proxy: RpcProxy, method: string, action: RpcAction, times: number) {
  let hits = 0
  const rule = proxy.rules.add({
    method,
    action: call => {
      const batch = proxy.exchanges.at(-1)
      if (hits >= times || !batch?.includes(call) || batch.length < 2 || batch[1] !== call) return undefined
      hits++
      return action
    },
  })
  return { rule, hits: () => hits }
}

const faults: readonly (readonly [string, string, RpcAction])[] = [
  ['a batch of transactions that is cut in the middle of its answer', SEND, { kind: 'cut-reply' }],
  ['a batch of transactions that never arrives', SEND, { kind: 'drop-request' }],
  ['a batch of transactions that arrives and is not answered', SEND, { kind: 'drop-reply' }],
  ['a batch of transactions answered in the opposite order', SEND, { kind: 'reorder' }],
  ['a batch of transactions with an answer missing', SEND, { kind: 'omit' }],
  [
    'a batch of transactions of which the node refuses one',
    SEND,
    { kind: 'error', code: -32000, message: 'internal error' },
  ],
  [
    'a batch of transactions of which a limiter refuses one',
    SEND,
    { kind: 'error', code: -32005, message: 'Too Many Requests' },
  ],
  ['a batch of transactions refused for its size', SEND, { kind: 'http', status: 413 }],
  ['a batch of trials that is cut in the middle of its answer', TRIAL, { kind: 'cut-reply' }],
  ['a batch of trials answered in the opposite order', TRIAL, { kind: 'reorder' }],
  ['a batch of trials with an answer missing', TRIAL, { kind: 'omit' }],
  ['a batch of receipts that is cut in the middle of its answer', RECEIPT, { kind: 'cut-reply' }],
  ['a batch of receipts answered in the opposite order', RECEIPT, { kind: 'reorder' }],
  ['a batch of receipts with an answer missing', RECEIPT, { kind: 'omit' }],
]

test('broken batches lose no answer, repeat none and leave no nonce open', async t => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  await warm(bench, proxy)
  for (const [label, method, action] of faults) {
    await t.test(label, async () => {
      const firstNonce = await bench.nonce()
      const fault = inBatches(proxy, method, action, 1)
      const all = []
      for (let tries = 0; fault.hits() === 0; tries++) {
        assert.ok(tries < 20, 'no batch was broken')
        const ids = await bench.request(AT_ONCE)
        all.push(...ids)
        await bench.respond(ids)
        await bench.outcomes(ids)
      }
      fault.rule.remove()
      await bench.expectAllConfirmed(all, firstNonce)
      await until('an empty ledger', async () => (await bench.ledger()).length === 0)
    })
  }
})

for (const [label, action] of [
  ['with an answer missing', { kind: 'omit' }],
  ['that is cut in the middle of its answer', { kind: 'cut-reply' }],
] as const) {
  test(`the first answers of a term are estimated, also after a batch ${label}`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
    const [firstNonce, ids] = [await bench.nonce(), await bench.request(AT_ONCE)]
    const fault = inBatches(proxy, ESTIMATE, action, 1)
    await bench.respond(ids)
    await bench.sender({ GATEWAY_URL: proxy.url })
    await bench.expectAllConfirmed(ids, firstNonce)
    assert.equal(fault.hits(), 1)
  })
}
