import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServingStatus, startCore } from './testCore.ts'
import { testClient } from './work.ts'

test('a serving Core is healthy, asked by its service name', async () => {
  const asked: string[] = []
  const health = ({ service }: { service: string }) => {
    asked.push(service)
    return ServingStatus.SERVING
  }
  await using core = await startCore({}, { health })
  using client = testClient([core.url])
  assert.deepEqual(await client.health(0), { endpoint: core.url, serving: true, detail: 'SERVING' })
  assert.deepEqual(asked, ['kms_service.v1.CoreServiceEndpoint'])
})

test('NOT_SERVING is not healthy', async () => {
  await using core = await startCore({}, { health: () => ServingStatus.NOT_SERVING })
  using client = testClient([core.url])
  assert.partialDeepStrictEqual(await client.health(0), { serving: false, detail: 'NOT_SERVING' })
})

test('a server without the health service, and no server at all, are not healthy', async () => {
  await using core = await startCore({})
  const gone = await startCore({})
  await gone[Symbol.asyncDispose]()
  using client = testClient([core.url, gone.url])
  const [without, none] = await Promise.all([client.health(0), client.health(1)])
  assert.equal(without.serving, false)
  assert.match(without.detail, /^Unimplemented/)
  assert.equal(none.serving, false)
  assert.match(none.detail, /^Unavailable.*ECONNREFUSED/)
})
