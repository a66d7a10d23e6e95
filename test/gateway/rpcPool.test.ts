import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayConfig, type Rpc, RpcError, RpcPool, type RpcPoolOptions } from '@kms-connector/gateway'
import { ConnectorError } from '@kms-connector/protocol'
import { json, type ReceivedCall, type ScriptedNode, startScriptedNode } from './scriptedNode.ts'

/** What a node of these tests answers; changed at any time. */
interface Node {
  readonly url: string
  readonly calls: (method: string) => number
  chain: string
  head: string
  syncing: unknown
  /** Before every answer, so that the order of endpoints does not depend on the machine. */
  delayMs: number
  /** Of every call that is no probe: an answer, or an HTTP status. */
  answer: (call: ReceivedCall) => { result: unknown } | { error: { code: number; message: string } } | number
}

async function node(t: TestContext, changes: Partial<Node> = {}): Promise<Node> {
  let scripted: ScriptedNode
  const state: Node = {
    chain: '0x1',
    head: '0x64',
    syncing: false,
    delayMs: 0,
    answer: () => ({ result: '0x1' }),
    ...changes,
    get url() {
      return scripted.url
    },
    calls: method => scripted.bodies.flat().filter(call => call.method === method).length,
  }
  const probes: Record<string, () => unknown> = {
    eth_chainId: () => state.chain,
    eth_blockNumber: () => state.head,
    eth_syncing: () => state.syncing,
  }
  scripted = await startScriptedNode(async ([call], response) => {
    if (!call) return
    await sleep(state.delayMs)
    const answer = probes[call.method] ? { result: probes[call.method]?.() } : state.answer(call)
    if (typeof answer === 'number') response.writeHead(answer, { 'retry-after': '60' }).end('no')
    else json(response, { jsonrpc: '2.0', id: call.id, ...answer })
  })
  t.after(() => scripted[Symbol.asyncDispose]())
  return state
}

async function poolOf(nodes: readonly Node[], options: Partial<RpcPoolOptions> = {}): Promise<RpcPool> {
  for (const [place, each] of nodes.entries()) each.delayMs = place * 50
  const pool = new RpcPool({
    urls: nodes.map(({ url }) => url),
    chainId: 1,
    timeoutMs: 10_000,
    limits: { maxLag: 50 },
    ...options,
  })
  await pool.probe()
  return pool
}

const asked = (rpc: Rpc) => rpc.call('test_read')

test('reads go to the preferred endpoint and, where it fails, to the next', async t => {
  const [first, second] = [await node(t), await node(t, { answer: () => ({ result: '0x2' }) })]
  const failovers: string[] = []
  const pool = await poolOf([first, second], { onFailover: from => failovers.push(from) })
  assert.equal(await pool.read(asked), '0x1')
  first.answer = () => 502
  assert.equal(await pool.read(asked), '0x2')
  assert.deepEqual(failovers, [first.url])
})

test('an endpoint that fails is asked less, then left alone, and a probe finds it again', async t => {
  const [first, second] = [await node(t, { answer: () => 502 }), await node(t)]
  const pool = await poolOf([first, second])
  for (let i = 0; i < 6; i++) await pool.read(asked)
  assert.ok(first.calls('test_read') <= 3)
  second.answer = () => 502
  for (let i = 0; i < 6; i++) await assert.rejects(pool.read(asked))
  assert.match(pool.report()[0]?.why ?? '', /is failing, paused for/)
  first.answer = () => ({ result: '0x1' })
  await pool.probe()
  assert.deepEqual(pool.report()[0]?.usable, true)
  assert.equal(await pool.read(asked), '0x1')
})

test('when no endpoint answers, the fault of the first is told', async t => {
  const pool = await poolOf([await node(t, { answer: () => 502 }), await node(t, { answer: () => 503 })])
  await assert.rejects(pool.read(asked), { code: 'RPC_UNAVAILABLE', message: /HTTP 502/ })
})

test('a revert is the word of the contract and asked for once', async t => {
  const [first, second] = [await node(t), await node(t)]
  first.answer = () => ({ error: { code: 3, message: 'execution reverted' } })
  const pool = await poolOf([first, second])
  await assert.rejects(
    pool.read(rpc => rpc.raw('test_read')),
    RpcError,
  )
  await assert.rejects(pool.read(asked), { code: 'RPC_REJECTED' })
  assert.equal(second.calls('test_read'), 0)
})

test('an answer of the wrong form is asked for elsewhere', async t => {
  const word = `0x${'0'.repeat(63)}1`
  const [first, second] = [await node(t, { answer: () => ({ result: '0x' }) }), await node(t)]
  second.answer = () => ({ result: word })
  const config = new GatewayConfig(await poolOf([first, second]), `0x${'11'.repeat(20)}`)
  assert.equal(await config.isKmsSigner(`0x${'22'.repeat(20)}`), true)
})

test('a rate limit pauses an endpoint for as long as it asks, and is never fought, not even when nobody else is there', async t => {
  const [first, second] = [await node(t, { answer: () => 429 }), await node(t)]
  const pool = await poolOf([first, second])
  for (let i = 0; i < 5; i++) assert.equal(await pool.read(asked), '0x1')
  await pool.probe()
  assert.equal(first.calls('test_read'), 1)
  assert.match(pool.report()[0]?.why ?? '', /rate-limited, paused for 60000 ms/)
  const alone = await poolOf([await node(t, { answer: () => 429 })])
  await assert.rejects(alone.read(asked), { code: 'RPC_UNAVAILABLE', message: /HTTP 429/ })
  await assert.rejects(alone.read(asked), { code: 'RPC_UNAVAILABLE', message: /no endpoint can be used.*rate-limited/ })
})

test('an endpoint of another chain is never asked anything, and is used as soon as it is right', async t => {
  const [wrong, right] = [await node(t, { chain: '0x5' }), await node(t)]
  const pool = await poolOf([wrong, right])
  right.answer = () => 502
  await assert.rejects(pool.read(asked))
  assert.equal(wrong.calls('test_read'), 0)
  assert.deepEqual(
    pool.report().map(({ usable, wrongChain, why }) => [usable, wrongChain, why]),
    [
      [false, true, 'serves chain 5'],
      [true, false, ''],
    ],
  )
  wrong.chain = '0x1'
  await pool.probe()
  assert.equal(await pool.read(asked), '0x1')
})

test('an endpoint that changes its chain is dropped at the next probe', async t => {
  const only = await node(t)
  const pool = await poolOf([only])
  only.chain = '0x5'
  await pool.probe()
  assert.throws(() => pool.pin(), { code: 'RPC_UNAVAILABLE', message: /serves chain 5/ })
})

test('a syncing or late endpoint is not used, also a preferred one', async t => {
  const [first, second] = [await node(t, { syncing: { currentBlock: '0x1' } }), await node(t)]
  const pool = await poolOf([first, second])
  assert.equal(pool.pin().endpoint, second.url)
  first.syncing = false
  first.head = '0x2'
  await pool.probe()
  assert.equal(pool.pin().endpoint, second.url)
  assert.match(pool.report()[0]?.why ?? '', /98 blocks behind its peers/)
  first.head = '0x63'
  await pool.probe()
  assert.equal(pool.pin().endpoint, first.url)
  const alone = await poolOf([await node(t, { syncing: {} })])
  assert.throws(() => alone.pin(), { code: 'RPC_UNAVAILABLE', message: /is syncing/ })
})

test('a contradiction is counted and the endpoint left alone; what is pinned stays one endpoint', async t => {
  const [first, second] = [await node(t), await node(t)]
  const blamed: string[] = []
  const pool = await poolOf([first, second], { onContradiction: endpoint => blamed.push(endpoint) })
  const pinned = pool.pin()
  assert.deepEqual(
    pool.others(pinned).map(({ endpoint }) => endpoint),
    [second.url],
  )
  pool.blame(pinned, new ConnectorError('RPC_CONTRADICTION', 'two blocks'))
  assert.deepEqual(blamed, [first.url])
  assert.equal(pool.pin().endpoint, second.url)
  assert.equal(await asked(pinned), '0x1')
})

test('two endpoints of one host are told apart without their paths', () => {
  const urls = ['http://h:1/key-one-1234', 'http://h:1/key-two-1234']
  const pool = new RpcPool({ urls, chainId: 1, timeoutMs: 1, limits: { maxLag: 1 } })
  assert.deepEqual(
    pool.endpoints.map(({ endpoint }) => endpoint),
    ['http://h:1', 'http://h:1#2'],
  )
})

test('a slow endpoint does not hold up a start when another one is usable', async t => {
  const quick = await node(t)
  await using silent = await startScriptedNode(() => {})
  const pool = new RpcPool({
    urls: [silent.url, quick.url],
    chainId: 1,
    timeoutMs: 60_000,
    limits: { maxLag: 1 },
  })
  await pool.probeUntilUsable()
  assert.equal(pool.pin().endpoint, quick.url)
})
