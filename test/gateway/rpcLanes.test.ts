import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rpc } from '@kms-connector/gateway'
import { json, resultsOf, type Script, type ScriptedNode, startScriptedNode } from './scriptedNode.ts'

const timeoutMs = 10_000
const echo = resultsOf(({ params }) => params[0])
const range = (count: number) => Array.from({ length: count }, (_, n) => n)
const shapes = ({ bodies }: ScriptedNode) =>
  bodies.map(calls => calls.map(({ method, params }) => `${method} ${params[0]}`).join(', '))

const batchSize = (method: string) => (method === 'test_many' ? 3 : 1)
const several = (rpc: Rpc, method: string, count: number) => range(count).map(n => rpc.call(method, [n]))

test('every method has batches of its own, as large as it may have, in the order of the calls', async () => {
  await using node = await startScriptedNode(echo)
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize })
  const asked = [...several(rpc, 'test_many', 4), ...several(rpc, 'test_single', 2)]
  assert.deepEqual(await Promise.all(asked), [0, 1, 2, 3, 0, 1])
  const seen = ['test_many 0, test_many 1, test_many 2', 'test_many 3', 'test_single 0', 'test_single 1']
  assert.deepEqual(shapes(node).sort(), seen)
})

const noBatches: readonly (readonly [string, Script])[] = [
  [
    'with one error for all of it',
    (_, response) => json(response, { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } }),
  ],
  ['by the status of a proxy', (_, response) => void response.writeHead(413).end('Request Entity Too Large')],
]

for (const [label, refuse] of noBatches) {
  test(`after a batch that was refused ${label}, calls of that method travel by themselves`, async () => {
    await using node = await startScriptedNode((calls, response, request) => {
      const batch = calls.length > 1 && calls[0]?.method === 'test_many'
      return (batch ? refuse : echo)(calls, response, request)
    })
    const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: () => 3 })
    for (const one of await Promise.allSettled(several(rpc, 'test_many', 3))) assert.equal(one.status, 'rejected')
    assert.deepEqual(await Promise.all(several(rpc, 'test_many', 2)), [0, 1])
    assert.deepEqual(await Promise.all(several(rpc, 'test_other', 2)), [0, 1])
    assert.deepEqual(shapes(node).slice(1).sort(), ['test_many 0', 'test_many 1', 'test_other 0, test_other 1'])
  })
}

test('calls of a batch that are refused one by one say nothing about batches', async () => {
  await using node = await startScriptedNode((calls, response) => {
    const answers = calls.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: 3, message: 'execution reverted' } }))
    json(response, answers.length === 1 ? answers[0] : answers)
  })
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize })
  await Promise.allSettled(several(rpc, 'test_many', 2))
  await Promise.allSettled(several(rpc, 'test_many', 2))
  assert.deepEqual(shapes(node), ['test_many 0, test_many 1', 'test_many 0, test_many 1'])
})

test('calls that are large together travel apart', async () => {
  await using node = await startScriptedNode(resultsOf(() => null))
  const rpc = new Rpc({ url: node.url, timeoutMs, batchSize: 8 })
  const large = 'x'.repeat(400_000)
  await Promise.all(range(5).map(() => rpc.call('test_echo', [large])))
  // They travel side by side: which arrives first is chance.
  assert.deepEqual(node.bodies.map(calls => calls.length).sort(), [1, 2, 2])
})
