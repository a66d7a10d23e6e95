import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createPublicClient, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Anvil, devKey, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { laggingNode } from '../../apps/devnet/src/faults/laggingNode.ts'
import { EMPTY_LOGS, logRangeLimit, partialLogs } from '../../apps/devnet/src/faults/logLies.ts'
import { headAheadBy, nonceOffBy } from '../../apps/devnet/src/faults/nonceLies.ts'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/rpcProxy.ts'
import { seededRandom } from '../../apps/devnet/src/faults/seededRandom.ts'

/** Init code of a contract whose every call emits an empty log. */
const EMITTER = '0x6005600c60003960056000f360006000a0'
const account = privateKeyToAccount(devKey(1))

let chain: Anvil
let proxy: RpcProxy
let emitter: `0x${string}`
/** In block 5: the emitter is deployed in block 1 and called in each block after it. */
let lastHash: `0x${string}`

before(async () => {
  chain = await startAnvil({ chainId: 31_337 })
  proxy = await startRpcProxy({ target: chain.rpcUrl })
  const direct = createPublicClient({ transport: http(chain.rpcUrl) })
  const wallet = createWalletClient({ account, transport: http(chain.rpcUrl) })
  const deployed = await wallet.sendTransaction({ data: EMITTER, chain: null })
  const receipt = await direct.waitForTransactionReceipt({ hash: deployed })
  emitter = receipt.contractAddress ?? '0x'
  for (let n = 0; n < 4; n++) {
    lastHash = await wallet.sendTransaction({ to: emitter, data: '0x', chain: null })
    await direct.waitForTransactionReceipt({ hash: lastHash })
  }
})
after(async () => {
  await proxy?.stop()
  await chain?.stop()
})
beforeEach(() => {
  proxy.rules.clear()
  proxy.layers = []
})

async function ask(method: string, ...params: unknown[]): Promise<{ result?: unknown; error?: { message: string } }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(proxy.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return (await answer.json()) as { result?: unknown } // CAST: JSON-RPC
}

/** @returns the numbers of the blocks that logs are from */
function blocksOf(answer: { result?: unknown }): number[] {
  return (answer.result as { blockNumber: string }[]).map(log => Number(log.blockNumber)) // CAST: logs
}

const ALL_LOGS = { fromBlock: '0x0', toBlock: 'latest' }

test('a lagging node ends at the same block in everything that it says', async () => {
  proxy.layers = [laggingNode(2).layer]
  assert.equal((await ask('eth_blockNumber')).result, '0x3')
  for (const tag of ['latest', 'pending', '0x3'])
    assert.equal(((await ask('eth_getBlockByNumber', tag, false)).result as { number: string }).number, '0x3', tag) // CAST: a block
  assert.equal((await ask('eth_getBlockByNumber', '0x4', false)).result, null)
  assert.deepEqual(blocksOf(await ask('eth_getLogs', ALL_LOGS)), [2, 3])
  assert.deepEqual(blocksOf(await ask('eth_getLogs', { fromBlock: '0x3', toBlock: '0x5' })), [3])
  assert.deepEqual((await ask('eth_getLogs', { fromBlock: '0x4', toBlock: '0x5' })).result, [])
  assert.equal((await ask('eth_getTransactionReceipt', lastHash)).result, null)
  assert.equal((await ask('eth_getTransactionByHash', lastHash)).result, null)
  for (const tag of ['latest', 'pending'])
    assert.equal((await ask('eth_getTransactionCount', account.address, tag)).result, '0x3', tag)
})

test('state is that of the block where a lagging node ends', async () => {
  const before = (await ask('eth_getBalance', account.address, '0x3')).result
  const now = (await ask('eth_getBalance', account.address, 'latest')).result
  proxy.layers = [laggingNode(2).layer]
  assert.equal((await ask('eth_getBalance', account.address, 'latest')).result, before)
  assert.notEqual(before, now)
  proxy.layers = [laggingNode(4).layer]
  assert.equal((await ask('eth_getCode', emitter, '0x0')).result, '0x')
})

test('blocks and logs by hash are hidden as long as the lagging node does not have them', async () => {
  const direct = createPublicClient({ transport: http(chain.rpcUrl) })
  const [old, fresh] = [await direct.getBlock({ blockNumber: 3n }), await direct.getBlock({ blockNumber: 5n })]
  proxy.layers = [laggingNode(2).layer]
  assert.notEqual((await ask('eth_getBlockByHash', old.hash, false)).result, null)
  assert.equal((await ask('eth_getBlockByHash', fresh.hash, false)).result, null)
  assert.deepEqual(blocksOf(await ask('eth_getLogs', { blockHash: old.hash })), [3])
  assert.deepEqual((await ask('eth_getLogs', { blockHash: fresh.hash })).result, [])
})

test('a node whose lag ends knows everything again', async () => {
  const node = laggingNode(3)
  proxy.layers = [node.layer]
  assert.equal((await ask('eth_blockNumber')).result, '0x2')
  node.lag = 0
  assert.equal((await ask('eth_blockNumber')).result, '0x5')
  assert.deepEqual(blocksOf(await ask('eth_getLogs', ALL_LOGS)), [2, 3, 4, 5])
})

test('logs are empty or lack some while everything else is right', async () => {
  const empty = proxy.rules.add({ method: 'eth_getLogs', action: EMPTY_LOGS })
  assert.deepEqual((await ask('eth_getLogs', ALL_LOGS)).result, [])
  assert.equal((await ask('eth_blockNumber')).result, '0x5')
  empty.remove()
  proxy.rules.add({ method: 'eth_getLogs', action: partialLogs(0.5, seededRandom(1)) })
  const some = blocksOf(await ask('eth_getLogs', ALL_LOGS))
  assert.ok(some.length > 0 && some.length < 4, String(some))
})

test('a range that is too wide is refused in the words of the provider, and a narrow one is answered', async () => {
  proxy.rules.add({ method: 'eth_getLogs', action: logRangeLimit(2, 'alchemy') })
  assert.match((await ask('eth_getLogs', { fromBlock: '0x2', toBlock: '0x5' })).error?.message ?? '', /\[0x2, 0x3\]/)
  assert.deepEqual(blocksOf(await ask('eth_getLogs', { fromBlock: '0x2', toBlock: '0x3' })), [2, 3])
})

test('nonces are off by as much as asked, and never below zero', async () => {
  const rule = proxy.rules.add({ method: 'eth_getTransactionCount', action: nonceOffBy(2) })
  assert.equal((await ask('eth_getTransactionCount', account.address, 'latest')).result, '0x7')
  rule.remove()
  proxy.rules.add({ method: 'eth_getTransactionCount', action: nonceOffBy(-9) })
  assert.equal((await ask('eth_getTransactionCount', account.address, 'latest')).result, '0x0')
})

test('a head is announced that the node does not have', async () => {
  proxy.rules.add({ method: 'eth_blockNumber', action: headAheadBy(3) })
  assert.equal((await ask('eth_blockNumber')).result, '0x8')
  assert.equal((await ask('eth_getBlockByNumber', '0x8', false)).result, null)
})
