import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Hex, keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Anvil, devKey, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { poolNonces } from '../../apps/devnet/src/faults/poolNonces.ts'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/rpcProxy.ts'
import { sequencerNonces } from '../../apps/devnet/src/faults/sequencerNonces.ts'

const CHAIN_ID = 31_337
const GWEI = 10n ** 9n

let chain: Anvil
let sequencer: RpcProxy
let pool: RpcProxy

before(async () => {
  // Blocks are made on request, so that what is sent stays pending as long as a test wants.
  chain = await startAnvil({ chainId: CHAIN_ID, blockTimeSeconds: 3_600 })
  sequencer = await startRpcProxy({ target: chain.rpcUrl, layers: [sequencerNonces({ holdMs: 400, mostHeld: 2 })] })
  pool = await startRpcProxy({ target: chain.rpcUrl, layers: [poolNonces()] })
})
after(async () => {
  await sequencer?.stop()
  await pool?.stop()
  await chain?.stop()
})

/** Signs a transfer of nothing to itself. @param feeGwei both fees */
function sign(account: number, nonce: number, feeGwei = 10n): Promise<Hex> {
  const wallet = privateKeyToAccount(devKey(account))
  const fees = { maxFeePerGas: feeGwei * GWEI, maxPriorityFeePerGas: feeGwei * GWEI }
  return wallet.signTransaction({ to: wallet.address, nonce, gas: 21_000n, chainId: CHAIN_ID, ...fees })
}

async function ask(url: string, method: string, params: readonly unknown[]): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string } } // CAST: JSON-RPC
  return error?.message ?? String(result)
}

const send = (to: RpcProxy, raw: Hex) => ask(to.url, 'eth_sendRawTransaction', [raw])
const mine = () => ask(chain.rpcUrl, 'evm_mine', [])

test('a sequencer takes nonces in order', async () => {
  for (const nonce of [0, 1]) {
    const raw = await sign(1, nonce)
    assert.equal(await send(sequencer, raw), keccak256(raw))
  }
})

test('a sequencer calls the same bytes and a replacement too low: it has no pool', async () => {
  await send(sequencer, await sign(2, 0))
  assert.match(await send(sequencer, await sign(2, 0)), /^nonce too low: address 0x\w+, tx: 0 state: 1$/)
  assert.match(await send(sequencer, await sign(2, 0, 100n)), /^nonce too low/)
})

test('a sequencer holds a nonce that is too high for a while, refuses it then, and forgets it', async () => {
  const from = performance.now()
  assert.match(await send(sequencer, await sign(3, 1)), /^nonce too high: address 0x\w+, tx: 1 state: 0$/)
  assert.ok(performance.now() - from >= 399, 'held')
  await send(sequencer, await sign(3, 0))
  await mine()
  const { address } = privateKeyToAccount(devKey(3))
  assert.equal(await ask(sequencer.url, 'eth_getTransactionCount', [address, 'pending']), '0x1')
})

test('a sequencer takes a held transaction as soon as the one before it has come', async () => {
  const [first, second, third] = [await sign(4, 0), await sign(4, 1), await sign(4, 2)]
  const held = [send(sequencer, third), send(sequencer, second)]
  assert.equal(await send(sequencer, first), keccak256(first))
  assert.deepEqual(await Promise.all(held), [keccak256(third), keccak256(second)])
})

test('a sequencer holds only so many', async () => {
  const held = [send(sequencer, await sign(5, 1)), send(sequencer, await sign(5, 2))]
  await new Promise(resolve => setTimeout(resolve, 100))
  const from = performance.now()
  assert.match(await send(sequencer, await sign(5, 3)), /^nonce too high/)
  const took = performance.now() - from
  await Promise.all(held)
  assert.ok(took < performance.now() - from, 'refused before the held ones')
})

test('geth knows the same bytes, and a nonce that is used is too low', async () => {
  const raw = await sign(6, 0)
  assert.equal(await send(pool, raw), keccak256(raw))
  assert.equal(await send(pool, raw), 'already known')
  await mine()
  assert.match(await send(pool, raw), /^nonce too low/)
})

test('geth queues gaps', async () => {
  const [second, first] = [await sign(7, 1), await sign(7, 0)]
  assert.equal(await send(pool, second), keccak256(second))
  assert.equal(await send(pool, first), keccak256(first))
  await mine()
  const { address } = privateKeyToAccount(devKey(7))
  assert.equal(await ask(pool.url, 'eth_getTransactionCount', [address, 'latest']), '0x2')
})

test('geth takes a replacement that pays ten per cent more, and none that pays less', async () => {
  await send(pool, await sign(8, 0, 100n))
  assert.equal(await send(pool, await sign(8, 0, 109n)), 'replacement transaction underpriced')
  const better = await sign(8, 0, 110n)
  assert.equal(await send(pool, better), keccak256(better))
})

test('bytes that are no transaction are left to the node', async () => {
  for (const proxy of [sequencer, pool])
    assert.match(await ask(proxy.url, 'eth_sendRawTransaction', ['0x1234']), /decode/i)
})
