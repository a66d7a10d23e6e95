import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CertificateOptions, type KeyAndCertificate, newAuthority } from '../../apps/devnet/src/tls/index.ts'
import { coreAdapter, listen, startCore } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

const coreCa = newAuthority('authority of the Core')
const clientCa = newAuthority('authority of the connector')
const stranger = newAuthority('authority of nobody')
const connector = clientCa.issue('connector')
const HOSTS = { hosts: ['127.0.0.1'] }
const EXPIRED = { notBefore: new Date(0), notAfter: new Date(86_400_000) }
const material = { ...connector, ca: coreCa.cert }

/** A Core that talks to holders of a certificate of one authority only. */
async function startSecureCore(options: CertificateOptions = HOSTS, server?: KeyAndCertificate) {
  const adapter = coreAdapter({ publicDecrypt: () => ({}), getPublicDecryptionResult: () => ({}) })
  const mutual = { ca: clientCa.cert, requestCert: true, rejectUnauthorized: true }
  return listen(createSecureServer({ ...(server ?? coreCa.issue('core', options)), ...mutual }, adapter))
}

test('mutual TLS: a client with the right material is served', async () => {
  await using core = await startSecureCore()
  using client = testClient([`https://127.0.0.1:${core.port}`], { tls: material })
  assert.ok(await client.run(publicDecryption(decryptionId(1)), never))
})

test('mutual TLS: a certificate for another name passes where that name is the one to expect', async () => {
  await using core = await startSecureCore({ hosts: ['core.internal'] })
  using client = testClient([`https://127.0.0.1:${core.port}`], { tls: { ...material, serverName: 'core.internal' } })
  assert.ok(await client.run(publicDecryption(decryptionId(1)), never))
})

const REFUSED: readonly [what: string, tls: object, core: CertificateOptions, message: RegExp][] = [
  [
    'a Core of an unknown authority',
    { ...material, ca: stranger.cert },
    HOSTS,
    /authority that kms_core_tls.ca_file does not hold/,
  ],
  ['an expired certificate of the Core', material, { ...HOSTS, ...EXPIRED }, /certificate of the KMS Core has expired/],
  ['a certificate for another name', material, { hosts: ['core.internal'] }, /for another name.*server_name/],
  ['a certificate for another address', material, { hosts: ['127.0.0.2'] }, /for another name/],
  ['no client certificate', { ca: coreCa.cert }, HOSTS, /client certificate/],
  [
    'a client certificate of somebody else',
    { ...stranger.issue('other'), ca: coreCa.cert },
    HOSTS,
    /client certificate/,
  ],
  [
    'an expired client certificate',
    { ...clientCa.issue('late', EXPIRED), ca: coreCa.cert },
    HOSTS,
    /client certificate/,
  ],
]
for (const [what, tls, options, message] of REFUSED) {
  test(`mutual TLS: ${what} ends in CORE_UNAVAILABLE`, async () => {
    await using core = await startSecureCore(options)
    using client = testClient([`https://127.0.0.1:${core.port}`], { tls, submitTimeoutMs: 5_000 })
    await assert.rejects(client.run(publicDecryption(decryptionId(1)), never), { code: 'CORE_UNAVAILABLE', message })
  })
}

test('TLS to a plaintext port, and plaintext to a TLS port, end in CORE_UNAVAILABLE', async () => {
  await using plain = await startCore({ publicDecrypt: () => ({}) })
  using secure = testClient([`https://127.0.0.1:${plain.port}`], { tls: material, submitTimeoutMs: 5_000 })
  await assert.rejects(secure.run(publicDecryption(decryptionId(1)), never), {
    code: 'CORE_UNAVAILABLE',
    message: /speaks no TLS/,
  })
  await using core = await startSecureCore()
  using bare = testClient([`http://127.0.0.1:${core.port}`], { submitTimeoutMs: 5_000 })
  await assert.rejects(bare.run(publicDecryption(decryptionId(1)), never), { code: 'CORE_UNAVAILABLE' })
})

test('certificates that are replaced on disk are used by the next connection', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kms-connector-rotation-'))
  const write = ({ cert, key }: KeyAndCertificate) => {
    writeFileSync(join(dir, 'cert.pem'), cert)
    writeFileSync(join(dir, 'key.pem'), key)
  }
  const read = (name: string) => readFileSync(join(dir, name), 'utf8')
  try {
    write(stranger.issue('not accepted'))
    await using core = await startSecureCore()
    const tls = () => ({ ca: coreCa.cert, cert: read('cert.pem'), key: read('key.pem') })
    using client = testClient([`https://127.0.0.1:${core.port}`], { tls, submitTimeoutMs: 5_000 })
    const run = () => client.run(publicDecryption(decryptionId(1)), never)
    await assert.rejects(run(), { code: 'CORE_UNAVAILABLE' })
    // Half of a replacement: the key of another certificate.
    writeFileSync(join(dir, 'cert.pem'), connector.cert)
    await assert.rejects(run(), { code: 'CORE_UNAVAILABLE', message: /key values mismatch/ })
    rmSync(join(dir, 'key.pem'))
    await assert.rejects(run(), { code: 'CORE_UNAVAILABLE', message: /ENOENT/ })
    write(connector)
    assert.ok(await run())
    // What has a connection keeps it, whatever becomes of the files.
    write(stranger.issue('not accepted'))
    assert.ok(await run())
  } finally {
    rmSync(dir, { recursive: true })
  }
})
