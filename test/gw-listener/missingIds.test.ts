import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, openBench, until } from './listenerBench.ts'
import { metricOf } from './pages.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway
let proxy: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  proxy = await startRpcProxy({ target: gateway.rpcUrl })
})
after(async () => {
  await proxy?.stop()
  await gateway?.stop()
})

/** The overlap would find them, too, but later. */
const ALONE = { OVERLAP_INTERVAL: '1h', OVERLAP_BLOCKS: '0' }
const MISSING = 'kms_connector_listener_missing_ids'

const chain = (method: string, params: readonly unknown[]) =>
  fetch(gateway.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })

/** Several requests in one block, so that its bloom filter betrays nothing about one of them. */
async function requestsInOneBlock(count: number): Promise<readonly string[]> {
  await chain('evm_setAutomine', [false])
  const placing = Promise.all(Array.from({ length: count }, () => requestPublic(gateway)))
  const pending = async () => {
    const answer = await chain('txpool_status', [])
    const { result } = (await answer.json()) as { result: { pending: string } } // CAST: anvil's
    return Number(result.pending) >= count
  }
  await until('all wait in the pool', pending)
  await chain('evm_mine', [])
  await chain('evm_setAutomine', [true])
  return (await placing).map(({ id }) => id).sort()
}

/** Leaves the log of one id out of answers, as often as told. */
function withhold(id: string, times: number) {
  return proxy.rules.add({
    method: 'eth_getLogs',
    times,
    action: async () => ({
      kind: 'edit',
      edit: result => (Array.isArray(result) ? result.filter(log => log.topics[1] !== `0x${id}`) : result),
    }),
  })
}

async function expectPublished(bench: Bench, ids: readonly string[]): Promise<void> {
  for (const id of ids) await until(`${id} is published`, () => bench.request('public-decryption', id))
}

test('a request whose log was left out of an answer is found by the hole in the ids', async t => {
  const bench = await openBench(t, gateway)
  proxy.rules.clear()
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: proxy.url })
  const { id: before } = await requestPublic(gateway)
  await expectPublished(bench, [before])
  const next = BigInt(`0x${before}`) + 2n
  const rule = withhold(next.toString(16).padStart(64, '0'), Number.POSITIVE_INFINITY)
  const [first = '', second = '', third = ''] = await requestsInOneBlock(3)
  assert.equal(BigInt(`0x${second}`), next)
  await expectPublished(bench, [first, third])
  await until('the hole is counted', async () => (await metricOf(listener, MISSING, 'public-decryption')) === 1)
  await until('an operator is told', async () => (await logOf(listener)).includes('requests are missing'))
  assert.equal(await bench.request('public-decryption', second), undefined)
  rule.remove()
  await expectPublished(bench, [second])
  await until('the hole is closed', async () => (await metricOf(listener, MISSING)) === 0)
})

test('a hole that one endpoint keeps is filled from another', async t => {
  const bench = await openBench(t, gateway)
  proxy.rules.clear()
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: `${proxy.url},${gateway.rpcUrl}` })
  const { id: before } = await requestPublic(gateway)
  await expectPublished(bench, [before])
  const missing = (BigInt(`0x${before}`) + 2n).toString(16).padStart(64, '0')
  withhold(missing, Number.POSITIVE_INFINITY)
  const ids = await requestsInOneBlock(3)
  assert.equal(ids[1], missing)
  await expectPublished(bench, ids)
  await until('the hole is closed', async () => (await metricOf(listener, MISSING)) === 0)
})

test('a hole across a restart is seen, because counting goes on from what is on the stream', async t => {
  const bench = await openBench(t, gateway)
  proxy.rules.clear()
  const variables = { ...ALONE, GATEWAY_URL: proxy.url }
  const first = await bench.listener(variables)
  const { id: before } = await requestPublic(gateway)
  await expectPublished(bench, [before])
  // The last log of a block has nothing behind it that would show the hole.
  const missing = (BigInt(`0x${before}`) + 2n).toString(16).padStart(64, '0')
  withhold(missing, Number.POSITIVE_INFINITY)
  const [shown = '', hidden = ''] = await requestsInOneBlock(2)
  assert.equal(hidden, missing)
  await expectPublished(bench, [shown])
  const passed = async () => (await metricOf(first, 'kms_connector_listener_cursor_lag_blocks')) === 0
  await until('the cursor has passed', passed)
  await first.stop()
  assert.equal(await bench.request('public-decryption', hidden), undefined)
  proxy.rules.clear()
  const second = await bench.listener(variables)
  const { id: later } = await requestPublic(gateway)
  await expectPublished(bench, [later, hidden])
  assert.match(await logOf(second), /found requests that an endpoint had left out/)
})
