import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex } from '@kms-connector/protocol'
import { keccak256, parseTransaction } from 'viem'
import { poolNonces, type RpcAction, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { logged } from './observe.ts'
import { prepareGateway, SenderBench, until } from './senderBench.ts'

const SEND = 'eth_sendRawTransaction'
/** Revert data of an answer that can never be accepted: ECDSAInvalidSignature. */
const NEVER = { kind: 'error', code: 3, message: 'execution reverted', data: '0xf645eedf' } as const

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

/** What a transaction is about. */
function sent(params: readonly unknown[]) {
  const raw = params[0] as Hex // CAST: the sender sends hex
  const { to, maxFeePerGas = 0n, nonce } = parseTransaction(raw)
  return { raw, hash: keccak256(raw), to, maxFeePerGas, nonce }
}

/** The node takes answers and never mines them; transfers to ourselves it does. @param count answers it does that to */
function swallowAnswers(proxy: RpcProxy, wallet: string, count: number) {
  let swallowed = 0
  const hashes = new Set<Hex>()
  return proxy.rules.add({
    method: SEND,
    action: ({ params }): RpcAction | undefined => {
      const { to, hash } = sent(params)
      if (to?.toLowerCase() === wallet || (!hashes.has(hash) && ++swallowed > count)) return undefined
      hashes.add(hash)
      return { kind: 'result', result: hash }
    },
  })
}

test('F8 stuck head: with a mempool the fee is raised; the dearer bytes are in the ledger before they are sent', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl, layers: [poolNonces()] })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(1)]
  const fees: bigint[] = []
  const stored: boolean[] = []
  proxy.rules.add({
    method: SEND,
    action: async ({ params }) => {
      const { raw, maxFeePerGas } = sent(params)
      stored.push((await bench.slot(firstNonce))?.attempts.at(-1)?.raw === raw)
      if (maxFeePerGas !== fees.at(-1)) fees.push(maxFeePerGas)
      return undefined
    },
  })
  swallowAnswers(proxy, bench.wallet, 2)
  await bench.sender({ GATEWAY_URL: proxy.url, MEMPOOL: 'present', STALL_AFTER: '600ms' })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal((await bench.outcomes(ids))[0]?.attempts, 3)
  assert.ok(stored.every(Boolean), 'stored before sent')
  const [one = 0n, two = 0n, three = 0n] = fees
  assert.ok(two * 10n >= one * 11n && three * 10n >= two * 11n, fees.join(' '))
})

test('F10 replacement underpriced: bytes below the base fee are made dearer at once, also without a mempool', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(3)]
  const refusal = { kind: 'error', code: -32000, message: 'max fee per gas less than block base fee' } as const
  const cheap = new Set<Hex>()
  proxy.rules.add({
    method: SEND,
    action: ({ params }) => {
      const { hash } = sent(params)
      if (cheap.size === 0) cheap.add(hash)
      return cheap.has(hash) ? refusal : undefined
    },
  })
  await bench.sender({ GATEWAY_URL: proxy.url })
  await bench.respond(ids)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal((await bench.outcomes(ids)).filter(({ attempts }) => attempts === 2).length, 1)
})

test('F8 stuck head: without a mempool the nonce is burned and the answer gets the next one', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(3)]
  swallowAnswers(proxy, bench.wallet, 1)
  await bench.sender({ GATEWAY_URL: proxy.url, STALL_AFTER: '300ms', BURN_AFTER: '900ms', RESEND_AFTER: '200ms' })
  await bench.respond(ids)
  const outcomes = await bench.outcomes(ids)
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['confirmed']))
  assert.deepEqual(await bench.votes(ids), [1, 1, 1])
  assert.deepEqual(
    outcomes.map(({ nonce = 0 }) => nonce - firstNonce).sort((a, b) => a - b),
    [1, 2, 3],
  )
  assert.equal(await bench.nonce(), firstNonce + 4)
})

test('F9 poisonous head: a transaction that can never succeed is burned, its answer is a dead letter, the next go on', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, bad, good] = [await bench.nonce(), await bench.requestOne(), await bench.request(3)]
  swallowAnswers(proxy, bench.wallet, 1)
  await bench.sender({ GATEWAY_URL: proxy.url, STALL_AFTER: '300ms', BURN_AFTER: '1h' })
  await bench.respond([bad])
  await until('a slot', async () => (await bench.slot(firstNonce)) !== undefined)
  // The estimate was right when it was made.
  proxy.rules.add({
    method: 'eth_estimateGas',
    action: ({ params }) => (JSON.stringify(params).includes(bad) ? NEVER : undefined),
  })
  await bench.respond(good)
  const [outcome] = await bench.outcomes([bad])
  assert.deepEqual([outcome?.status, outcome?.reason], ['dead', 'RESPONSE_REVERTED'])
  await bench.outcomes(good)
  assert.deepEqual(await bench.votes([bad, ...good]), [0, 1, 1, 1])
  assert.equal(await bench.nonce(), firstNonce + 4)
})

test('a sender that dies with a replacement stored and not sent sends that one, and all bytes of the nonce are looked for', async () => {
  await using bench = await SenderBench.start(gateway)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(2)]
  const settings = { GATEWAY_URL: proxy.url, MEMPOOL: 'present', STALL_AFTER: '500ms' }
  const swallowing = swallowAnswers(proxy, bench.wallet, 1)
  const victim = await bench.sender(settings)
  const stored = until('a replacement', async () => ((await bench.slot(firstNonce))?.attempts.length ?? 0) > 1)
  await bench.respond([...ids.slice(0, 1)])
  const dearer = proxy.rules.add({
    method: SEND,
    action: async ({ params }) => {
      if (sent(params).hash === (await bench.slot(firstNonce))?.attempts[0].hash) return undefined
      await victim.kill('SIGKILL')
      return { kind: 'drop-request' }
    },
  })
  await Promise.all([stored, victim.exited])
  swallowing.remove()
  dearer.remove()
  const again = await bench.sender(settings)
  await bench.respond(ids.slice(1))
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal((await bench.outcomes(ids.slice(0, 1)))[0]?.attempts, 2)
  assert.deepEqual(await logged(again, 'lost a nonce, the answer gets another one'), [])
})
