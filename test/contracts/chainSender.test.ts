import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChainSender, devKey, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { type AskNode, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'

const CHAIN_ID = 31_337

test('a transaction that the chain left lying under the next nonce is given anew', async t => {
  const chain = await startAnvil({ chainId: CHAIN_ID })
  t.after(() => chain.stop())
  await using proxy = await startRpcProxy({ target: chain.rpcUrl })
  const sender = new ChainSender({ rpcUrl: proxy.url, privateKey: devKey(1) })
  const { address } = sender.account
  const setNonce = (ask: AskNode, nonce: string) => ask({ method: 'anvil_setNonce', params: [address, nonce] })
  const node: AskNode = async call => (call ? ask(chain.rpcUrl, call) : {})
  await setNonce(node, '0x1')
  // It meets a gap when it arrives, which closes without anybody looking at it again.
  const racing = async (asking: AskNode) => {
    await setNonce(asking, '0x0')
    const answer = await asking()
    await setNonce(asking, '0x1')
    return answer
  }
  proxy.rules.add({ method: 'eth_sendRawTransaction', times: 1, action: { kind: 'script', answer: racing } })
  const mined = sender.send({ to: address, data: '0x' })
  await until(async () => (await queued(chain.rpcUrl, address)).includes('1'))
  await ask(chain.rpcUrl, { method: 'evm_mine', params: [] })
  assert.deepEqual(await queued(chain.rpcUrl, address), ['1'], 'mining a block does not take it')
  assert.equal((await mined).status, 'success')
})

async function ask(url: string, call: NonNullable<Parameters<AskNode>[0]>): Promise<{ readonly result?: unknown }> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...call })
  const answer = await fetch(url, { method: 'POST', headers, body })
  return (await answer.json()) as { result?: unknown } // CAST: JSON-RPC
}

/** Nonces of an account that wait for a lower one. */
async function queued(url: string, account: string): Promise<string[]> {
  const { result } = await ask(url, { method: 'txpool_content', params: [] })
  // CAST: as geth and anvil answer
  const pool = (result as { queued: Readonly<Record<string, object>> }).queued
  return Object.entries(pool).flatMap(([from, byNonce]) =>
    from.toLowerCase() === account.toLowerCase() ? Object.keys(byNonce) : [],
  )
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 60_000; !(await condition()); ) {
    assert.ok(performance.now() < deadline)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
