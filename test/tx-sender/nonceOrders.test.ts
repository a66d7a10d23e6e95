import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex } from '@kms-connector/protocol'
import { keccak256, numberToHex, parseTransaction } from 'viem'
import { type RpcAction, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { runCli } from '../cli/runCli.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { logged } from './observe.ts'
import { prepareGateway, SenderBench, until, WALLET_KEY } from './senderBench.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** Runs a command with the settings of the sender. */
function nonce(bench: SenderBench, url: string, ...argv: readonly string[]) {
  return runCli(['nonce', ...argv], {
    KMS_CONNECTOR_NATS_URL: bench.nats.url,
    KMS_CONNECTOR_GATEWAY_URL: url,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: String(GATEWAY_CHAIN),
    KMS_CONNECTOR_PRIVATE_KEY: WALLET_KEY,
  })
}

test('F22 operator: nonce burn says what it would do, does it with --yes, and the answer gets another nonce', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [first, ids] = [await bench.nonce(), await bench.request(3)]
  const idle = await nonce(bench, gateway.rpcUrl, 'burn', String(first), '--yes')
  assert.equal(idle.code, 1)
  assert.match(idle.err, /NONCE_ORDER_REFUSED: no sender acts/)
  // The node takes the first answer and never mines it.
  proxy.rules.add({
    method: 'eth_sendRawTransaction',
    action: ({ params }): RpcAction | undefined => {
      const raw = params[0] as Hex // CAST: the sender sends hex
      const { nonce: of, to } = parseTransaction(raw)
      const swallowed = of === first && to?.toLowerCase() !== bench.wallet
      return swallowed ? { kind: 'result', result: keccak256(raw) } : undefined
    },
  })
  const sender = await bench.sender({ GATEWAY_URL: proxy.url, BURN_AFTER: '1h', MAX_OPEN_TRANSACTIONS: '2' })
  await bench.respond(ids)
  await until('a slot', async () => (await bench.slot(first)) !== undefined)
  const shown = await nonce(bench, gateway.rpcUrl, 'show')
  assert.match(shown.out, new RegExp(`chain +${first} consumed`))
  assert.match(shown.out, new RegExp(`^${first}\t.*\tsent\t1\tpublic-decryption\t`, 'm'))
  assert.match(shown.out, /lease +\S+, pid \d+/)
  const dry = await nonce(bench, gateway.rpcUrl, 'burn', String(first))
  assert.equal(dry.code, 0)
  assert.match(dry.out, /replaces the transaction of request [0-9a-f]{64}\n\nnothing was done/)
  assert.equal((await bench.slot(first))?.attempts.length, 1)
  const done = await nonce(bench, gateway.rpcUrl, 'burn', String(first), '--yes')
  assert.deepEqual([done.code, done.err], [0, ''])
  assert.match(done.out, /^done: /m)
  const outcomes = await bench.outcomes(ids)
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
  assert.deepEqual(await bench.votes(ids), [1, 1, 1])
  assert.equal(await bench.nonce(), first + 4)
  const late = await nonce(bench, gateway.rpcUrl, 'burn', String(first), '--yes')
  assert.match(late.err, /is final/)
  const json = JSON.parse((await nonce(bench, gateway.rpcUrl, 'show', '--json')).out)
  assert.deepEqual([json.latest, json.order.state, json.order.nonce, json.slots], [first + 4, 'done', first, []])
  assert.equal((await logged(sender, 'answered an order about a nonce')).length, 1)
})

test('F22 operator: adopted nonces are left to transactions the ledger does not know, also after a restart', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [first, ids] = [await bench.nonce(), await bench.request(1)]
  const sender = await bench.sender()
  await until('somebody acts', async () => (await nonce(bench, proxy.url, 'show')).out.includes('pid'))
  const unused = await nonce(bench, proxy.url, 'adopt', String(first + 2), '--yes')
  assert.match(unused.err, /nothing uses the nonces up to/)
  // Two transactions of somebody else wait at the node.
  const waiting = numberToHex(first + 2)
  const pending = (tag: unknown) => (tag === 'pending' ? ({ kind: 'result', result: waiting } as const) : undefined)
  proxy.rules.add({ method: 'eth_getTransactionCount', action: ({ params }) => pending(params[1]) })
  await sender.stop()
  const again = await bench.sender({ GATEWAY_URL: proxy.url })
  await until('it acts', async () => (await nonce(bench, proxy.url, 'show')).out.includes(`pid ${again.pid}`))
  const adopted = await nonce(bench, proxy.url, 'adopt', String(first + 2), '--yes')
  assert.deepEqual([adopted.code, adopted.err], [0, ''])
  await again.stop()
  proxy.rules.clear()
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  await until('a slot', async () => (await bench.slot(first + 2)) !== undefined)
  for (let foreign = 0; foreign < 2; foreign++) {
    await gateway.node(0).wallet.send({ to: bench.wallet, data: '0x' })
  }
  const [outcome] = await bench.outcomes(ids)
  assert.deepEqual([outcome?.status, outcome?.nonce], ['confirmed', first + 2])
  assert.deepEqual(await bench.votes(ids), [1])
})
