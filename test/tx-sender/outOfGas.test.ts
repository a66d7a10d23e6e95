import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseTransaction, type TransactionSerialized } from 'viem'
import { type AskNode, type RpcCall, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { logged } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** Runtime code that loops for as long as there is gas. */
const ENDLESS = '0x5b600056'

test('an answer whose transaction ran out of gas is sent again with more, and no node is asked for a trace', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  const calls: RpcCall[] = []
  const { decryption } = gateway.gateway
  const note = (call: RpcCall) => {
    calls.push(call)
    return undefined
  }
  proxy.rules.add({ action: note })
  // The estimate was right when it was made; when the transaction is mined it costs more than any limit.
  const answer = async (ask: AskNode) => {
    const code = await bench.rpc('eth_getCode', [decryption, 'latest'])
    await bench.rpc('anvil_setCode', [decryption, ENDLESS])
    const reply = await ask()
    // A node answers when it has the bytes, which is before it has mined them.
    await until('it is mined', async () => (await bench.nonce()) > firstNonce)
    await bench.rpc('anvil_setCode', [decryption, code])
    return reply
  }
  proxy.rules.add({ method: 'eth_sendRawTransaction', times: 1, action: { kind: 'script', answer } })
  const sender = await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  const [outcome] = await bench.outcomes(ids)
  assert.deepEqual([outcome?.status, outcome?.nonce], ['confirmed', firstNonce + 1])
  assert.deepEqual(await bench.votes(ids), [1])
  assert.equal(await bench.nonce(), firstNonce + 2)

  const sent = calls.filter(({ method }) => method === 'eth_sendRawTransaction').map(({ params }) => params[0])
  // CAST: the sender sends serialised transactions
  const [spent, again] = [...new Set(sent)].map(raw => parseTransaction(raw as TransactionSerialized))
  assert.deepEqual([spent?.nonce, again?.nonce], [firstNonce, firstNonce + 1])
  const { client } = gateway.node(0).wallet
  const block = await client.getBlock({ blockNumber: (await client.getBlockNumber()) - 1n })
  assert.equal(block.gasUsed, spent?.gas, 'all of the gas was used up')
  assert.equal(again?.gas, (spent?.gas ?? 0n) * 2n)
  const [line] = await logged(sender, 'could not send an answer yet')
  assert.match(JSON.stringify(line), new RegExp(`TRANSACTION_REVERTED.*"nonce":${firstNonce}`))

  assert.ok(calls.every(({ method }) => !/debug|trace/.test(method)))
  const estimates = calls.filter(({ method }) => method === 'eth_estimateGas')
  assert.ok(estimates.length >= 2)
  for (const { params } of estimates) assert.partialDeepStrictEqual(params[0], { from: bench.wallet, to: decryption })
})
