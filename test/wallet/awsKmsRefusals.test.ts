// Wrong keys, permissions and credentials: found at the start, told apart, without a secret.
import { test } from 'node:test'
import { loadAwsKmsWallet } from '@kms-connector/wallet'
import type { AwsCredentials } from '../../apps/devnet/src/awsKms/index.ts'
import { type AwsKmsServer, CREDENTIALS, type KmsServerOptions } from '../../apps/devnet/src/awsKms/index.ts'
import { awsEnvironment, startAwsKms } from './awsKmsServer.ts'
import { expectFault } from './walletFixture.ts'

interface Case {
  readonly label: string
  readonly server?: KmsServerOptions
  readonly credentials?: AwsCredentials | 'none'
  readonly region?: string
  readonly keyOf: (server: AwsKmsServer) => string
  readonly message: RegExp
}

const good = (server: AwsKmsServer) => server.createKey().id
const SYMMETRIC = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const

const CASES: readonly Case[] = [
  { label: 'another curve', keyOf: s => s.createKey({ spec: 'ECC_NIST_P256' }).id, message: /spec ECC_NIST_P256/ },
  { label: 'another usage', keyOf: s => s.createKey({ usage: 'KEY_AGREEMENT' }).id, message: /is for KEY_AGREEMENT/ },
  { label: 'a symmetric key', keyOf: s => s.createKey(SYMMETRIC).id, message: /UnsupportedOperationException/ },
  { label: 'a disabled key', keyOf: s => s.createKey({ state: 'Disabled' }).id, message: /DisabledException/ },
  { label: 'a dying key', keyOf: s => s.createKey({ state: 'PendingDeletion' }).id, message: /pending deletion/ },
  {
    label: 'a missing key',
    keyOf: () => '1234abcd-12ab-34cd-56ef-1234567890ab',
    message: /NotFoundException.*does not exist/,
  },
  { label: 'a missing alias', keyOf: () => 'alias/none', message: /Alias .*alias\/none is not found/ },
  {
    label: 'no permission',
    server: { denied: ['GetPublicKey'] },
    keyOf: good,
    message: /not authorized to perform: kms:GetPublicKey/,
  },
  { label: 'no credentials', credentials: 'none', keyOf: good, message: /no AWS credentials were found/ },
  {
    label: 'an unknown access key',
    credentials: { ...CREDENTIALS, accessKeyId: 'AKIDOFSOMEBODYELSE' },
    keyOf: good,
    message: /UnrecognizedClientException/,
  },
  {
    label: 'a wrong secret',
    credentials: { ...CREDENTIALS, secretAccessKey: 'another-secret-of-the-test' },
    keyOf: good,
    message: /InvalidSignatureException \(HTTP 400\)$/,
  },
  { label: 'another region', region: 'us-east-1', keyOf: good, message: /InvalidSignatureException/ },
]

for (const { label, server: options = {}, credentials = CREDENTIALS, region, keyOf, message } of CASES) {
  test(`${label} is refused at the start`, async t => {
    awsEnvironment(t, credentials === 'none' ? undefined : credentials)
    const server = await startAwsKms(t, options)
    const key = { keyId: keyOf(server), region: region ?? server.region, endpoint: server.url }
    const secrets = credentials === 'none' ? [] : [credentials.secretAccessKey, credentials.sessionToken ?? '-none-']
    await expectFault(() => loadAwsKmsWallet(key), 'WALLET_UNUSABLE', message, secrets)
  })
}

test('the permission to sign is missed at the first signature', async t => {
  awsEnvironment(t, CREDENTIALS)
  const server = await startAwsKms(t, { denied: ['Sign'] })
  const wallet = await loadAwsKmsWallet({ keyId: good(server), region: server.region, endpoint: server.url })
  const sign = () =>
    wallet.sign({
      chainId: 1,
      nonce: 0,
      to: wallet.address,
      data: '0x',
      gas: 21_000n,
      maxFeePerGas: 1n,
      maxPriorityFeePerGas: 0n,
    })
  await expectFault(sign, 'WALLET_NOT_SIGNING', /kms:Sign on resource/, [CREDENTIALS.secretAccessKey])
})
