import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RESPONSES } from '@kms-connector/streams'
import { mixture, PipelineBench, small } from './pipelineBench.ts'

let bench: PipelineBench

before(async () => {
  bench = await PipelineBench.start({ workers: 2 })
})
after(() => bench?.stop())

test('every type comes back decrypted for everybody, for a user and for a delegate, exactly once', async () => {
  await bench.expectAnswered(await bench.request(mixture(24)))
  await bench.expectExactlyOnce()
})

test('services report themselves alive and ready, and where they are', async () => {
  const { listener, workers, sender } = bench.devnet.node
  for (const service of [listener, ...workers, sender]) {
    for (const page of ['/livez', '/readyz', '/version', '/status', '/metrics']) {
      const response = await fetch(new URL(page, service.url))
      assert.equal(response.status, 200, `${service.name} ${page}`)
      assert.ok((await response.text()).length > 0)
    }
  }
})

test('services stop with exit code 0 when asked to, and go on where they were', async () => {
  const { listener, workers, sender } = bench.devnet.node
  for (const service of [listener, ...workers, sender])
    assert.deepEqual(await service.stop(), { code: 0, signal: null })
  const whileDown = await bench.request([small('public', 1n), small('user', 2n), small('delegated', 3n)])
  for (const service of [listener, ...workers, sender]) await service.restart()
  await bench.expectAnswered(whileDown)
  await bench.expectExactlyOnce()
  const { state } = await bench.broker.manager.streams.info(RESPONSES)
  assert.equal(state.messages, bench.requests.length)
})
