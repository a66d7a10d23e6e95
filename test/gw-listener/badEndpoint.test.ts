import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, nextBlock, openBench, until } from './listenerBench.ts'
import { prepare, requestPublic } from './requests.ts'
import { type ProxiedCall, type ProxyFault, type ProxyRules, type RpcProxy, startRpcProxy } from './rpcProxy.ts'

let gateway: TestGateway
let proxy: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  proxy = await startRpcProxy(gateway.rpcUrl)
})
after(async () => {
  await proxy?.stop()
  await gateway?.stop()
})

async function emit(count: number): Promise<string[]> {
  return (await Promise.all(Array.from({ length: count }, () => requestPublic(gateway)))).map(({ id }) => id)
}

async function expectAll(bench: Bench, ids: readonly string[]): Promise<void> {
  await until('all requests are published', async () => (await bench.count('public-decryption')) >= ids.length)
  for (const id of ids) assert.ok(await bench.request('public-decryption', id), id)
}

function blocksOf({ params }: ProxiedCall): number {
  const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }] // CAST: our own client sent it
  return Number(toBlock) - Number(fromBlock) + 1
}

/** Refuses what asks for more than this many blocks. */
function limited(blocks: number, fault: ProxyFault): Required<ProxyRules>['before'] {
  return call => (call.method === 'eth_getLogs' && blocksOf(call) > blocks ? fault : undefined)
}

const refusals: readonly [string, ProxyFault][] = [
  ['with a well-known text', { kind: 'error', code: -32_005, message: 'query returned more than 10000 results' }],
  ['with words of its own', { kind: 'error', code: -32_602, message: 'zu viel auf einmal' }],
  ['by never answering', { kind: 'silence' }],
  ['through a proxy that gives up', { kind: 'http', status: 504, body: '<html>Gateway Time-out</html>' }],
  ['with a page of another server', { kind: 'http', status: 502, body: '<html>Bad Gateway</html>' }],
]
for (const [how, fault] of refusals) {
  test(`an endpoint that refuses wide ranges ${how} is read in smaller ones`, async t => {
    const bench = await openBench(t, gateway)
    const ids = await emit(12)
    proxy.rules = { before: limited(3, fault) }
    const listener = await bench.listener({ GATEWAY_URL: proxy.url, GATEWAY_TIMEOUT: '500ms', OVERLAP_INTERVAL: '1h' })
    await expectAll(bench, ids)
    await listener.stop()
  })
}

test('an endpoint that answers nonsense, then errors, then nothing, loses no request', async t => {
  const bench = await openBench(t, gateway)
  const faults: ProxyFault[] = [
    { kind: 'http', status: 200, body: '<html>maintenance</html>' },
    { kind: 'http', status: 429, body: 'slow down' },
    { kind: 'error', code: -32_000, message: 'header not found' },
    { kind: 'result', result: 'ok' },
    { kind: 'result', result: null },
    { kind: 'silence' },
  ]
  proxy.rules = {}
  await bench.listener({ GATEWAY_URL: proxy.url, GATEWAY_TIMEOUT: '500ms' })
  proxy.rules = { before: () => faults.shift() }
  await until('every fault has happened', async () => faults.length === 0)
  await expectAll(bench, await emit(10))
})

test('a head that goes back, or is far ahead of what the node knows, loses nothing', async t => {
  const bench = await openBench(t, gateway)
  proxy.rules = {}
  const listener = await bench.listener({ GATEWAY_URL: proxy.url })
  await expectAll(bench, await emit(3))
  const head = await nextBlock(gateway)
  proxy.rules = { edit: ({ method }, result) => (method === 'eth_blockNumber' ? hex(head - 4) : result) }
  const lagging = proxy.exchanges.length
  await until('it polls the lagging head', async () => heads(lagging) >= 5)
  // The overlap is read up to the head of the endpoint, not beyond it.
  for (const call of proxy.exchanges.slice(lagging + 4).flat()) {
    if (call.method !== 'eth_getLogs') continue
    const [{ toBlock }] = call.params as [{ toBlock: string }] // CAST: our own client sent it
    assert.ok(Number(toBlock) <= head - 4, `reads up to ${toBlock}`)
  }
  proxy.rules = { edit: ({ method }, result) => (method === 'eth_blockNumber' ? hex(head + 1000) : result) }
  await until('it meets the unknown block', async () => (await logOf(listener)).includes('a step failed'))
  proxy.rules = {}
  await emit(2)
  await until('all are published', async () => (await bench.count('public-decryption')) === 5)
})

test('logs of a block that the endpoint has under two hashes are not believed', async t => {
  const bench = await openBench(t, gateway)
  const ids = await emit(1)
  const other = `0x${'77'.repeat(32)}`
  const last = hex((await nextBlock(gateway)) - 1)
  proxy.rules = {
    edit: ({ method, params }, result) =>
      method === 'eth_getBlockByNumber' && params[0] === last ? { ...(result as object), hash: other } : result, // CAST: a header
  }
  const listener = await bench.listener({ GATEWAY_URL: proxy.url })
  await until('it notices', async () => (await logOf(listener)).includes('two blocks'))
  assert.equal(await bench.count('public-decryption'), 0)
  proxy.rules = {}
  await expectAll(bench, ids)
})

test('logs that an endpoint left out at first are found by the overlap', async t => {
  const bench = await openBench(t, gateway)
  let late = true
  proxy.rules = { edit: ({ method }, result) => (method === 'eth_getLogs' && late ? [] : result) }
  await bench.listener({ GATEWAY_URL: proxy.url })
  const ids = await emit(3)
  const before = proxy.exchanges.length
  await until('it has read past them', async () => heads(before) >= 5)
  late = false
  await expectAll(bench, ids)
})

const hex = (n: number) => `0x${n.toString(16)}`

function heads(since: number): number {
  return proxy.exchanges
    .slice(since)
    .flat()
    .filter(({ method }) => method === 'eth_blockNumber').length
}
