import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { laggingNode, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { line, logged } from './observe.ts'
import { prepareGateway, SenderBench } from './senderBench.ts'

const LAG = 10

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** Every look at the chain is answered; the answers that are sent through it get nowhere. */
const unfit: readonly (readonly [string, (proxy: RpcProxy, bench: SenderBench) => unknown, RegExp])[] = [
  [
    'is frozen',
    async (proxy, bench) => {
      proxy.layers = [laggingNode(LAG).layer]
      // Its head stays where it was.
      await bench.rpc('anvil_mine', [LAG])
    },
    /blocks behind/,
  ],
  [
    'is syncing',
    proxy => {
      const progress = { startingBlock: '0x0', currentBlock: '0x1', highestBlock: '0xffff' }
      proxy.rules.add({ method: 'eth_syncing', action: { kind: 'result', result: progress } })
      withoutState(proxy)
    },
    /syncing/,
  ],
  [
    'serves another chain',
    proxy => {
      proxy.rules.add({ method: 'eth_chainId', action: { kind: 'result', result: '0x1' } })
      withoutState(proxy)
    },
    /serves chain 1/,
  ],
]

function withoutState(proxy: RpcProxy): void {
  const refusal = { kind: 'error', code: -32000, message: 'missing trie node' } as const
  proxy.rules.add({ method: ['eth_estimateGas', 'eth_call'], action: refusal })
}

for (const [label, spoil, why] of unfit) {
  test(`F17 endpoint of no use: everything moves to another one when it answers but ${label}`, async () => {
    await using bench = await SenderBench.start(gateway)
    await using one = await startRpcProxy({ target: gateway.rpcUrl })
    await using two = await startRpcProxy({ target: gateway.rpcUrl })
    const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
    const settings = { RPC_PROBE_INTERVAL: '200ms', RPC_MAX_LAG: '3' }
    const sender = await bench.sender({ GATEWAY_URL: `${one.url},${two.url}`, ...settings })
    await line(sender, 'started to send answers')
    await spoil(one, bench)
    await bench.respond(ids)
    await bench.expectAllConfirmed(ids, firstNonce)
    const moved = await line(sender, 'sends through another endpoint from now on')
    assert.deepEqual([moved['from'], moved['to']], [new URL(one.url).origin, new URL(two.url).origin])
    assert.match(String(moved['why']), why)
  })
}

test('F18 a rate limit of a moment is no reason to send through another endpoint', async () => {
  await using bench = await SenderBench.start(gateway)
  await using one = await startRpcProxy({ target: gateway.rpcUrl })
  await using two = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(5)]
  const sender = await bench.sender({ GATEWAY_URL: `${one.url},${two.url}` })
  await line(sender, 'started to send answers')
  const limited = { kind: 'http', status: 429 } as const
  one.rules.add({ method: 'eth_getTransactionReceipt', times: 1, action: limited })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.deepEqual(await logged(sender, 'sends through another endpoint from now on'), [])
})
