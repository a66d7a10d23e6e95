import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FinishedCall, Rpc, RpcError } from '@kms-connector/gateway'
import { json, resultsOf, startScriptedNode } from './scriptedNode.ts'

const timeoutMs = 10_000
const echo = resultsOf(({ params }) => params[0])
const range = (count: number) => Array.from({ length: count }, (_, n) => n)

test('calls of one turn travel as one HTTP request, and each gets its own answer', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 100 })
  assert.deepEqual(await Promise.all(range(50).map(n => rpc.call('test_echo', [n]))), range(50))
  assert.deepEqual(
    node.bodies.map(b => b.length),
    [50],
  )
})

test('a batch never grows beyond its size', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  assert.deepEqual(await Promise.all(range(50).map(n => rpc.call('test_echo', [n]))), range(50))
  assert.deepEqual(node.bodies.map(b => b.length).sort(), [10, 20, 20])
})

test('calls that follow each other are not held back for a batch', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  for (const n of range(3)) assert.equal(await rpc.call('test_echo', [n]), n)
  assert.deepEqual(
    node.bodies.map(b => b.length),
    [1, 1, 1],
  )
})

test('without a batch size every call is a request of its own', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs })
  await Promise.all(range(5).map(n => rpc.call('test_echo', [n])))
  assert.deepEqual(
    node.bodies.map(b => b.length),
    [1, 1, 1, 1, 1],
  )
})

test('two endpoints with the same URL do not share a batch', async () => {
  await using node = await startScriptedNode(echo)
  const a = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  const b = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  assert.deepEqual(await Promise.all([a.call('test_echo', ['a']), b.call('test_echo', ['b'])]), ['a', 'b'])
  assert.equal(node.bodies.length, 2)
})

test('a batch in another order, with a refusal and without one of the answers', async () => {
  await using node = await startScriptedNode((calls, response) => {
    const items = calls.map(({ id, params }) =>
      params[0] === 1 ? { id, error: { code: 3, message: 'no', data: '0x99ec48d9' } } : { id, result: params[0] },
    )
    json(response, items.filter((_, n) => n !== 2).reverse())
  })
  const outcomes: string[] = []
  const onCall = ({ method, outcome }: FinishedCall) => outcomes.push(`${method} ${outcome}`)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 20, onCall })
  const [zero, one, two, three] = await Promise.allSettled(range(4).map(n => rpc.raw('test_echo', [n])))
  assert.deepEqual(zero, { status: 'fulfilled', value: 0 })
  assert.deepEqual(three, { status: 'fulfilled', value: 3 })
  assert.ok(one?.status === 'rejected' && one.reason instanceof RpcError)
  assert.deepEqual([one.reason.code, one.reason.text, one.reason.data], [3, 'no', '0x99ec48d9'])
  assert.ok(two?.status === 'rejected')
  assert.equal(two.reason.code, 'RPC_UNAVAILABLE')
  assert.deepEqual(outcomes.sort(), ['test_echo ok', 'test_echo ok', 'test_echo rejected', 'test_echo unavailable'])
})

test('a node that takes no batch refuses every call of it', async () => {
  await using node = await startScriptedNode((_calls, response) => {
    json(response, { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'batch too large' } }, 413)
  })
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  const settled = await Promise.allSettled(range(3).map(n => rpc.raw('test_echo', [n])))
  for (const one of settled) assert.ok(one.status === 'rejected' && one.reason instanceof RpcError)
})

test('a call that cannot be written harms no other', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 20 })
  const [bad, good] = await Promise.allSettled([rpc.call('test_echo', [1n]), rpc.call('test_echo', [2])])
  assert.equal(bad.status, 'rejected')
  assert.deepEqual(good, { status: 'fulfilled', value: 2 })
})
