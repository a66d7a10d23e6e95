import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { laggingNode, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, openBench, until } from './listenerBench.ts'
import { metricOf, pageOf } from './pages.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway
let first: RpcProxy
let second: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  first = await startRpcProxy({ target: gateway.rpcUrl })
  second = await startRpcProxy({ target: gateway.rpcUrl })
})
after(async () => {
  await first?.stop()
  await second?.stop()
  await gateway?.stop()
})

/** Everybody is honest, and probes are frequent. */
function settings(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  for (const proxy of [first, second]) {
    proxy.rules.clear()
    proxy.layers = []
  }
  const waits = { GATEWAY_TIMEOUT: '1s', RPC_PROBE_INTERVAL: '200ms', OVERLAP_INTERVAL: '1h' }
  return { GATEWAY_URL: `${first.url},${second.url}`, ...waits, ...more }
}

async function expectNew(bench: Bench, count = 2): Promise<void> {
  const placed = await Promise.all(Array.from({ length: count }, () => requestPublic(gateway)))
  for (const { id } of placed) await until(`${id} is published`, () => bench.request('public-decryption', id))
}

test('an endpoint of another chain is named and never used; the right one beside it is enough', async t => {
  const bench = await openBench(t, gateway)
  const foreign = await startAnvil({ chainId: 1 })
  t.after(() => foreign.stop())
  const listener = await bench.listener(settings({ GATEWAY_URL: `${foreign.rpcUrl}, ${second.url}` }))
  await expectNew(bench)
  assert.match(await pageOf(listener, '/readyz'), /"healthy":true.*serves chain 1/)
  await until('the endpoint is reported', async () => (await logOf(listener)).includes('serves chain 1'))
  const up = (url: string) => metricOf(listener, 'kms_connector_rpc_endpoint_up', `endpoint="${url}"`)
  await until('the metric says so', async () => (await up(foreign.rpcUrl)) === 0 && (await up(second.url)) === 1)
  const other = `${foreign.rpcUrl},${foreign.rpcUrl}`
  const wrong = await bench.spawn(settings({ GATEWAY_URL: other }))
  assert.deepEqual(await wrong.exited, { code: 1, signal: null })
  await assert.rejects(wrong.ready(), /CHAIN_ID_MISMATCH.*serves chain 1/s)
})

test('an endpoint that falls silent, limits or breaks in mid-work is replaced by the other, and comes back', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener(settings())
  await expectNew(bench)
  for (const action of [
    { kind: 'silence' },
    { kind: 'http', status: 429, retryAfterSeconds: 1 },
    { kind: 'garbage' },
    { kind: 'error', code: -32_603, message: 'internal error' },
  ] as const) {
    const rule = first.rules.add({ action })
    await rule.applied
    await expectNew(bench)
    rule.remove()
    second.rules.add({ action: { kind: 'drop-request' } })
    await expectNew(bench)
    second.rules.clear()
  }
  assert.ok(((await metricOf(listener, 'kms_connector_rpc_endpoint_calls_total', 'rate-limited')) ?? 0) > 0)
})

test('a preferred endpoint that is syncing or far behind its peers is left alone', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener(settings({ RPC_MAX_LAG: '3' }))
  const syncing = first.rules.add({
    method: 'eth_syncing',
    action: { kind: 'result', result: { currentBlock: '0x1' } },
  })
  await until('it is said', async () => (await pageOf(listener, '/readyz')).includes('is syncing'))
  await expectNew(bench)
  syncing.remove()
  first.layers = [laggingNode(10).layer]
  await until('it is said', async () => (await pageOf(listener, '/readyz')).includes('10 blocks behind'))
  await expectNew(bench)
  first.layers = []
  await until('all are used', async () => (await pageOf(listener, '/readyz')).includes('"details":""'))
})

test('two listeners on endpoints of their own, one killed in mid-work, publish every request once', async t => {
  const bench = await openBench(t, gateway)
  const doomed = await bench.listener({ ...settings({ GATEWAY_URL: first.url }), GET_LOGS_BATCH_SIZE: '2' })
  await bench.listener(settings({ GATEWAY_URL: second.url, GET_LOGS_BATCH_SIZE: '3' }))
  const emitted = Promise.all(Array.from({ length: 80 }, () => requestPublic(gateway)))
  await until('work is under way', async () => (await bench.count('public-decryption')) >= 10)
  await doomed.kill('SIGKILL')
  const ids = (await emitted).map(({ id }) => id)
  await until('all are published', async () => (await bench.count('public-decryption')) >= ids.length)
  for (const id of ids) assert.ok(await bench.request('public-decryption', id), id)
  assert.equal(await bench.count('public-decryption'), ids.length)
})

test('with a quorum of two nothing counts that one endpoint alone has said', async t => {
  const bench = await openBench(t, gateway)
  const third = await startRpcProxy({ target: gateway.rpcUrl })
  t.after(() => third.stop())
  const listener = await bench.listener(settings({ EVENT_QUORUM: '2' }))
  await expectNew(bench)
  // The second knows nothing of any request: with one against one, nobody is believed.
  second.rules.add({ method: 'eth_getLogs', action: { kind: 'result', result: [] } })
  const { id } = await requestPublic(gateway)
  await until('they disagree', async () => (await logOf(listener)).includes('2 endpoints must agree'))
  assert.equal(await bench.request('public-decryption', id), undefined)
  await listener.stop()
  await bench.listener(settings({ GATEWAY_URL: [first.url, second.url, third.url].join(), EVENT_QUORUM: '2' }))
  second.rules.add({ method: 'eth_getLogs', action: { kind: 'result', result: [] } })
  await until('two of three have said so', () => bench.request('public-decryption', id))
  await expectNew(bench)
  const short = await bench.spawn(settings({ GATEWAY_URL: first.url, EVENT_QUORUM: '2' }))
  assert.deepEqual(await short.exited, { code: 1, signal: null })
  await assert.rejects(short.ready(), /event_quorum.*needs 2 endpoints/s)
})

test('with a quorum of two, blocks that are read again need two as well', async t => {
  const bench = await openBench(t, gateway)
  const third = await startRpcProxy({ target: gateway.rpcUrl })
  t.after(() => third.stop())
  const urls = [first.url, second.url, third.url].join()
  await bench.listener(settings({ GATEWAY_URL: urls, EVENT_QUORUM: '2', OVERLAP_INTERVAL: '100ms' }))
  await expectNew(bench)
  const { id } = await requestPublic(gateway)
  await until('it is published', () => bench.request('public-decryption', id))
  const invented = (BigInt(`0x${id}`) + 1n).toString(16).padStart(64, '0')
  const lie = third.rules.add({
    method: 'eth_getLogs',
    action: {
      kind: 'edit',
      edit: logs => (Array.isArray(logs) ? logs.flatMap(log => [log, ...withId(log, id, invented)]) : logs),
    },
  })
  // Three endpoints take turns: nobody is left out in so many.
  await until('it has lied often', async () => lie.hits >= 6)
  assert.equal(await bench.request('public-decryption', invented), undefined)
  assert.deepEqual(await bench.letters(), [])
})

/** The log of one request, told as if there had been another. */
function withId(log: unknown, id: string, other: string): readonly unknown[] {
  const text = JSON.stringify(log)
  return text.includes(id) ? [JSON.parse(text.replaceAll(id, other))] : []
}

test('an endpoint that does not have the block of the finality is left for one that has', async t => {
  const bench = await openBench(t, gateway)
  const lost = first.rules
  const listener = await bench.listener(settings({ DECRYPTION_FINALITY: 'finalized' }))
  lost.add({
    method: 'eth_getBlockByNumber',
    action: ({ params }) => (params[0] === 'finalized' ? { kind: 'result', result: null } : undefined),
  })
  const { id } = await requestPublic(gateway)
  await mine(100)
  await until(`${id} is published`, () => bench.request('public-decryption', id))
  assert.match(await logOf(listener), /does not know block .{1,4}finalized/)
})

async function mine(blocks: number): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_mine', params: [`0x${blocks.toString(16)}`] })
  await fetch(gateway.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
