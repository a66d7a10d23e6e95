import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PipelineBench, small } from './pipelineBench.ts'

let bench: PipelineBench

before(async () => {
  bench = await PipelineBench.start({ nodes: 4, workers: 1 })
})
after(() => bench?.stop())

test('four connectors reach a consensus, and a user puts their shares together', async () => {
  await bench.expectAnswered(await bench.request([small('public', 200n), small('user', 201n)]))
  await bench.expectExactlyOnce()
})

test('three of four nodes are enough; the fourth answers when it is back', async () => {
  const [, , , last] = bench.devnet.nodes
  assert.ok(last)
  assert.deepEqual(await last.sender.stop(), { code: 0, signal: null })
  const requests = await bench.request([small('public', 100n), small('user', 101n)])
  await bench.expectAnswered(requests)
  await last.sender.restart()
  await bench.expectExactlyOnce()
})
