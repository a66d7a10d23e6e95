import assert from 'node:assert/strict'
import { createSecureServer } from 'node:http2'
import { test } from 'node:test'
import { selfSigned } from './selfSigned.ts'
import { coreAdapter, listen } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

const server = selfSigned('core')
const connector = selfSigned('connector')

/** A Core that talks to holders of the connector's certificate only. */
async function startSecureCore() {
  const adapter = coreAdapter({ publicDecrypt: () => ({}), getPublicDecryptionResult: () => ({}) })
  const mutual = { ca: connector.cert, requestCert: true, rejectUnauthorized: true }
  return listen(createSecureServer({ ...server, ...mutual }, adapter))
}

test('mutual TLS: a client with the right material is served', async () => {
  await using core = await startSecureCore()
  using client = testClient([`https://127.0.0.1:${core.port}`], { tls: { ...connector, ca: server.cert } })
  assert.ok(await client.run(publicDecryption(decryptionId(1)), never))
})

const refused = [
  ['a Core of an unknown authority', connector, /self.signed/],
  ['no client certificate', { ca: server.cert }, /./],
  ['a client certificate of somebody else', { ...selfSigned('other'), ca: server.cert }, /./],
] as const
for (const [what, tls, message] of refused) {
  test(`mutual TLS: ${what} ends in CORE_UNAVAILABLE`, async () => {
    await using core = await startSecureCore()
    using client = testClient([`https://127.0.0.1:${core.port}`], { tls, submitTimeoutMs: 5_000 })
    const run = client.run(publicDecryption(decryptionId(1)), never)
    await assert.rejects(run, { code: 'CORE_UNAVAILABLE', message })
  })
}
