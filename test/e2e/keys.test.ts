import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RequestId, requestIdType } from '@kms-connector/protocol'
import type { KeyCeremony } from '../../apps/devnet/src/workload/index.ts'
import { PipelineBench, small } from './pipelineBench.ts'

let bench: PipelineBench
let ceremony: KeyCeremony

before(async () => {
  bench = await PipelineBench.start({ nodes: 4, workers: 1, withoutKeys: true })
})
after(() => bench?.stop())

test('four nodes make a key and a CRS, set up randomness and reshare, each exactly once', async () => {
  ceremony = await bench.makeKeys()
  const [, key, crs] = ceremony.steps
  assert.deepEqual(
    ceremony.steps.map(({ operation, id, consensusEvent, answeredBy, digests }) => {
      return [operation, requestIdType(id), consensusEvent, answeredBy, digests.length]
    }),
    [
      ['prep-keygen', 3, 'KeygenRequest', 4, 0],
      ['keygen', 4, 'ActivateKey', 4, 2],
      ['crsgen', 5, 'ActivateCrs', 4, 1],
      ['prss-init', 0, undefined, 4, 0],
      ['key-reshare', 6, undefined, 4, 0],
    ],
  )
  assert.equal(key?.id, ceremony.keyId)
  for (const digest of [...(key?.digests ?? []), ...(crs?.digests ?? [])]) assert.match(digest, /^0x[0-9a-f]{64}$/)
})

test('everybody and a user decrypt under the new key, with the answers of all four nodes', async () => {
  const requests = await bench.request([small('public', 200n), small('user', 201n), small('delegated', 202n)])
  await bench.expectAnswered(requests)
  await bench.expectExactlyOnce()
  const shares = (id: RequestId | undefined) => (id && bench.watch.userShares.get(id)?.length) ?? 0
  assert.deepEqual(
    requests.filter(({ kind }) => kind !== 'public').map(({ id }) => shares(id)),
    [4, 4],
  )
})

test('another key can be made, and is another one', async () => {
  const first = ceremony
  // PRSSInit has the same id every time, so that its first outcome stands for the second one, too.
  const second = await bench.makeKeys()
  assert.notEqual(second.keyId, first.keyId)
  assert.notDeepEqual(second.steps[1]?.digests, first.steps[1]?.digests)
  const requests = await bench.request([small('public', 7n), small('user', 8n)])
  await bench.expectAnswered(requests)
  await bench.expectExactlyOnce()
})
