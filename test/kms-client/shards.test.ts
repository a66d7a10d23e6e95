import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCore } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

test('ids spread over the Cores, and each is polled where it was submitted', async () => {
  const submitted: number[][] = [[], [], []]
  const polled: number[][] = [[], [], []]
  const serial = (id: string | undefined) => Number(BigInt(`0x${id}`) & 0xffffn)
  const start = (shard: number) =>
    startCore({
      publicDecrypt({ requestId }) {
        submitted[shard]?.push(serial(requestId?.requestId))
        return {}
      },
      getPublicDecryptionResult({ requestId }) {
        polled[shard]?.push(serial(requestId))
        return {}
      },
    })
  await using first = await start(0)
  await using second = await start(1)
  await using third = await start(2)
  using client = testClient([first.url, second.url, third.url])
  const ids = Array.from({ length: 30 }, (_, n) => n + 1)
  await Promise.all(ids.map(n => client.run(publicDecryption(decryptionId(n)), never)))
  // 2^248 is 1 modulo 3, so the n-th request belongs to Core (n + 1) mod 3.
  const expected = [0, 1, 2].map(shard => ids.filter(n => (n + 1) % 3 === shard))
  const sorted = (lists: number[][]) => lists.map(list => list.toSorted((a, b) => a - b))
  assert.deepEqual(sorted(submitted), expected)
  assert.deepEqual(sorted(polled), expected)
})

test('the shard follows shardId, not the id of the request', async () => {
  const seen: string[] = []
  const start = (name: string) => {
    const note = (what: string) => {
      seen.push(`${name} ${what}`)
      return {}
    }
    return startCore({ publicDecrypt: () => note('submit'), getPublicDecryptionResult: () => note('poll') })
  }
  await using even = await start('even')
  await using odd = await start('odd')
  using client = testClient([even.url, odd.url])
  await client.run({ ...publicDecryption(decryptionId(1)), shardId: decryptionId(2) }, never)
  assert.deepEqual(seen, ['even submit', 'even poll'])
})
