import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { loadAwsKmsWallet } from '@kms-connector/wallet'
import { parseTransaction } from 'viem'
import { AwsError, type AwsKmsServer, CREDENTIALS, type KmsServerOptions } from '../../apps/devnet/src/awsKms/index.ts'
import { awsEnvironment, startAwsKms } from './awsKmsServer.ts'
import { expectFault, expectSigns, printsOf } from './walletFixture.ts'

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const SECRETS = [CREDENTIALS.secretAccessKey, CREDENTIALS.sessionToken]
const throttled = { error: new AwsError('ThrottlingException', 'Rate exceeded') }

async function open(t: TestContext, options: KmsServerOptions = {}): Promise<AwsKmsServer> {
  awsEnvironment(t, CREDENTIALS)
  return await startAwsKms(t, options)
}

const keyAt = ({ url, region }: AwsKmsServer, keyId: string) => ({ keyId, region, endpoint: url })

test('200 signatures at once recover to the address, have a low s, and never exceed the ceiling', async t => {
  const server = await open(t)
  const outcomes: string[] = []
  const observe = (call: string, outcome: string) => outcomes.push(`${call} ${outcome}`)
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id), { maxConcurrent: 8, observe })
  const signed = await Promise.all(Array.from({ length: 200 }, (_, nonce) => expectSigns(wallet, nonce)))
  for (const [nonce, raw] of signed.entries()) {
    const transaction = parseTransaction(raw)
    assert.equal(transaction.nonce, nonce)
    assert.ok(BigInt(transaction.s ?? 0) <= HALF_ORDER, `s of ${nonce} is high`)
  }
  assert.ok(server.mostAtOnce <= 8, `${server.mostAtOnce} at once`)
  assert.equal(server.calls.get('Sign'), 200)
  assert.equal(outcomes.filter(outcome => outcome === 'Sign ok').length, 200)
})

test('throttling, faults of the service, broken answers and cut connections are survived', async t => {
  const passing = [
    throttled,
    { error: new AwsError('KMSInternalException', '', 500) },
    { error: new AwsError('DependencyTimeoutException', '', 503) },
    { hangUp: true },
    { body: '<html>502</html>' },
  ]
  const attempts = new Map<string, number>()
  const fault = (_: string, count: number, body: string) => {
    const attempt = (attempts.get(body) ?? 0) + 1
    attempts.set(body, attempt)
    return attempt > 2 ? undefined : passing[count % passing.length]
  }
  const server = await open(t, { fault })
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id))
  await Promise.all(Array.from({ length: 30 }, (_, nonce) => expectSigns(wallet, nonce)))
  assert.equal(server.calls.get('Sign'), 90)
})

test('an attempt that hangs is given up and repeated', async t => {
  const server = await open(t, { fault: (_, count) => (count === 1 ? { delayMs: 60_000 } : undefined) })
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id), { attemptTimeoutMs: 500 })
  await expectSigns(wallet)
  assert.deepEqual(
    [...server.calls],
    [
      ['GetPublicKey', 2],
      ['Sign', 2],
    ],
  )
})

test('throttling without end is reported when the time is used up, and signing works again afterwards', async t => {
  let calm = true
  const server = await open(t, { fault: () => (calm ? undefined : throttled) })
  const limits = { maxConcurrent: 2, timeoutMs: 1_000 }
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id), limits)
  calm = false
  const text =
    /AWS KMS did not answer Sign within 1000 ms and \d+ attempts: (ThrottlingException|there was no free place|TimeoutError)/
  const faults = await Promise.all(
    [0, 1, 2].map(() => expectFault(() => expectSigns(wallet), 'WALLET_NOT_SIGNING', text)),
  )
  assert.equal(faults[0]?.disposition, 'park')
  calm = true
  await expectSigns(wallet)
})

test('a service that is away at the start may come back: that is no wrong setting', async t => {
  const server = await open(t, { fault: () => ({ delayMs: 60_000 }) })
  const limits = { timeoutMs: 600, attemptTimeoutMs: 200 }
  const hangs = () => loadAwsKmsWallet(keyAt(server, server.createKey().id), limits)
  await expectFault(hangs, 'WALLET_NOT_SIGNING', /did not answer GetPublicKey .*TimeoutError/)
  const away = { keyId: 'alias/a', region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' }
  await expectFault(() => loadAwsKmsWallet(away, limits), 'WALLET_NOT_SIGNING', /ECONNREFUSED/)
})

test('a clock that is off is corrected from the answers of the service', async t => {
  const server = await open(t, { skewMs: 3_600_000 })
  await expectSigns(await loadAwsKmsWallet(keyAt(server, server.createKey().id)))
})

test('the region comes from the ARN, or from the environment', async t => {
  const server = await open(t)
  const { arn, id } = server.createKey()
  await expectSigns(await loadAwsKmsWallet({ keyId: arn, endpoint: server.url }))
  const nowhere = () => loadAwsKmsWallet({ keyId: id, endpoint: server.url })
  await expectFault(nowhere, 'WALLET_UNUSABLE', /no AWS region/)
  process.env['AWS_REGION'] = server.region
  await expectSigns(await loadAwsKmsWallet({ keyId: id, endpoint: server.url }))
})

test('a key that stops to sign after the start parks the wallet and says why', async t => {
  const server = await open(t)
  const key = server.createKey()
  server.aliases.set('alias/wallet', key)
  const wallet = await loadAwsKmsWallet(keyAt(server, 'alias/wallet'))
  await expectSigns(wallet)
  key.state = 'Disabled'
  await expectFault(() => expectSigns(wallet), 'WALLET_NOT_SIGNING', /DisabledException .*is disabled/, SECRETS)
  server.aliases.set('alias/wallet', server.createKey())
  await expectFault(() => expectSigns(wallet), 'WALLET_NOT_SIGNING', /not one of the key of this wallet/, SECRETS)
  server.aliases.delete('alias/wallet')
  await expectFault(() => expectSigns(wallet), 'WALLET_NOT_SIGNING', /NotFoundException/, SECRETS)
})

test('answers that are no signature are typed errors', async t => {
  const bodies = ['{}', '{"Signature":""}', '{"Signature":"MAYCAQECAQIA"}', '{"Signature":"MAYCAQECAQI="}']
  const fault = (operation: string, count: number) => {
    const body = operation === 'Sign' ? bodies[count - 1] : undefined
    return body === undefined ? undefined : { body }
  }
  const server = await open(t, { fault })
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id))
  for (const body of bodies) {
    const error = await expectFault(() => expectSigns(wallet), 'WALLET_NOT_SIGNING', /the signature /, SECRETS)
    assert.equal(error.disposition, 'park', body)
  }
  await expectSigns(wallet)
})

test('a wallet and its faults show no credentials', async t => {
  const server = await open(t)
  const wallet = await loadAwsKmsWallet(keyAt(server, server.createKey().id))
  for (const text of printsOf(wallet)) for (const secret of SECRETS) assert.ok(!text.includes(secret))
})
