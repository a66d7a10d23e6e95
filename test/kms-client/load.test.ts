import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CallRecord } from '@kms-connector/kms-client'
import { startCore } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

const MIB = 1024 * 1024

test('64 requests of 200 KB are in flight together', async () => {
  const size = 200_000
  let arrived = 0
  const all = Promise.withResolvers<void>()
  const calls: CallRecord[] = []
  await using core = await startCore({
    async publicDecrypt({ ciphertexts }) {
      assert.equal(ciphertexts[0]?.ciphertext.length, size)
      arrived += 1
      if (arrived === 64) all.resolve()
      await all.promise
      return {}
    },
    getPublicDecryptionResult: () => ({}),
  })
  using client = testClient([core.url], { onCall: call => calls.push(call) })
  const works = Array.from({ length: 64 }, (_, n) => publicDecryption(decryptionId(n + 1), size))
  await Promise.all(works.map(work => client.run(work, never)))
  assert.equal(calls.length, 128)
  assert.ok(calls.every(({ code }) => code === 'Ok'))
})

test('a request of 40 MiB goes through', async () => {
  let received = 0
  await using core = await startCore({
    publicDecrypt: ({ ciphertexts }) => {
      received = ciphertexts[0]?.ciphertext.length ?? 0
      return {}
    },
    getPublicDecryptionResult: () => ({}),
  })
  using client = testClient([core.url])
  assert.ok(await client.run(publicDecryption(decryptionId(1), 40 * MIB), never))
  assert.equal(received, 40 * MIB)
})

test('nothing holds the payload while the Core computes', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // CAST: the flag above defines it
  const id = decryptionId(1)
  const payloads: WeakRef<Uint8Array>[] = []
  const held: number[] = []
  await using core = await startCore({
    publicDecrypt: () => ({}),
    async getPublicDecryptionResult() {
      // Collection needs turns of the event loop in which nothing reads the reference.
      for (let turn = 0; turn < 20; turn++) {
        await new Promise(resolve => setImmediate(resolve))
        collect()
      }
      held.push(payloads.filter(payload => payload.deref()).length)
      return {}
    },
  })
  using client = testClient([core.url])
  const build = async () => {
    const ciphertext = new Uint8Array(8 * MIB)
    payloads.push(new WeakRef(ciphertext))
    return { requestId: { requestId: id }, ciphertexts: [{ ciphertext }] }
  }
  await client.run({ ...publicDecryption(id), build }, never)
  assert.equal(payloads.length, 1)
  assert.deepEqual(held, [0])
})
