import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type BrokerSettings, connectBroker, drainBroker, newNatsKey } from '@kms-connector/streams'
import { type NatsServer, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { newAuthority } from '../../apps/devnet/src/tls/index.ts'
import { SecureBroker } from './secureBroker.ts'

let dir: string
let secure: SecureBroker
let plain: NatsServer
const other = newAuthority('somebody else')

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kms-connector-tls-'))
  secure = await SecureBroker.start([{ name: 'public-decryption', group: 'decryption' }])
  plain = await startNatsServer()
  const stranger = other.issue('connector')
  const late = secure.authority.issue('connector', { notBefore: new Date(0), notAfter: new Date(1_000_000) })
  const files = { 'other-ca.pem': other.cert, 'stranger.pem': stranger.cert, 'stranger.key': stranger.key }
  for (const [name, text] of Object.entries({ ...files, 'late.pem': late.cert, 'late.key': late.key })) {
    await writeFile(join(dir, name), text)
  }
})
after(async () => {
  await secure?.[Symbol.asyncDispose]()
  await plain?.stop()
  await rm(dir, { recursive: true, force: true })
})

/** @returns what the connection was reported to fail with; it goes on trying otherwise */
async function refusal({
  withoutTls,
  ...settings
}: Partial<BrokerSettings> & { withoutTls?: boolean }): Promise<string> {
  const giveUp = new AbortController()
  const { promise, resolve } = Promise.withResolvers<string>()
  const nkeySeed = secure.keys['kms-worker'].seed
  const connecting = connectBroker(
    { servers: [secure.server.url], name: 'test', nkeySeed, ...(withoutTls ? {} : { tls: secure.tls }), ...settings },
    status => resolve('detail' in status ? status.detail : status.kind),
    giveUp.signal,
  ).then(async broker => {
    await drainBroker(broker, 1_000)
    resolve('connected')
  })
  const reason = await promise
  giveUp.abort()
  await connecting.catch(() => {})
  return reason
}

test('a client with certificate and key is let in', async () => {
  assert.equal(await refusal({}), 'connected')
})

const file = (name: string) => join(dir, name)
const REFUSED: readonly [what: string, settings: () => Parameters<typeof refusal>[0], reason: RegExp][] = [
  [
    'a server of an unknown authority',
    () => ({ tls: { ...secure.tls, caFile: file('other-ca.pem') } }),
    /certificate|verify/i,
  ],
  ['a client without a certificate', () => ({ tls: { caFile: secure.tls.caFile } }), /client certificate/],
  [
    'a client certificate of an unknown authority',
    () => ({ tls: { ...secure.tls, certFile: file('stranger.pem'), keyFile: file('stranger.key') } }),
    /client certificate/,
  ],
  [
    'an expired client certificate',
    () => ({ tls: { ...secure.tls, certFile: file('late.pem'), keyFile: file('late.key') } }),
    /client certificate/,
  ],
  [
    'a server name that is not in the certificate',
    () => ({ servers: [`nats://localhost:${secure.server.port}`] }),
    /altnames|hostname/i,
  ],
  ['a key that the server does not know', () => ({ nkeySeed: newNatsKey().seed }), /authorization/i],
  ['a plaintext server where TLS is configured', () => ({ servers: [plain.url] }), /no TLS/],
  [
    'a plaintext server behind tls://',
    () => ({ servers: [plain.url.replace('nats:', 'tls:')], withoutTls: true }),
    /no TLS/,
  ],
]
describe('refused', { concurrency: true }, () => {
  for (const [what, settings, reason] of REFUSED) {
    test(what, async () => {
      const found = await refusal(settings())
      assert.match(found, reason)
    })
  }
})
