import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT, exitCodeOf, Secret } from '@kms-connector/service-kit'
import { openWallet, type WalletSources } from '@kms-connector/wallet'
import { CREDENTIALS } from '../../apps/devnet/src/awsKms/index.ts'
import { awsEnvironment, startAwsKms } from './awsKmsServer.ts'
import { expectFault, expectSigns, fileWith, printsOf } from './walletFixture.ts'

const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const FILE_KEY = '59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const WORDS = 'test test test test test test test test test test test junk'
const SECRETS = [KEY, FILE_KEY, WORDS, 'junk']

test('private key, then AWS KMS, then key file, then mnemonic', async t => {
  awsEnvironment(t, CREDENTIALS)
  const server = await startAwsKms(t)
  const all = {
    privateKey: new Secret(KEY),
    awsKms: { keyId: server.createKey().arn, endpoint: server.url },
    keyFile: { path: fileWith(t, FILE_KEY) },
    mnemonic: { words: new Secret(WORDS), accountIndex: 2 },
  }
  const { privateKey, awsKms, keyFile, mnemonic } = all
  for (const [sources, kind, address, warnings] of [
    [
      all,
      'private key',
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
      [/raw private key/, /the AWS KMS key and key file and mnemonic is not/],
    ],
    [
      { awsKms, keyFile, mnemonic },
      'AWS KMS key',
      undefined,
      [/the AWS KMS key is used, the key file and mnemonic is not/],
    ],
    [{ awsKms }, 'AWS KMS key', undefined, []],
    [
      { keyFile, mnemonic },
      'key file',
      '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
      [/not encrypted/, /the mnemonic is not/],
    ],
    [{ keyFile }, 'key file', '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', [/not encrypted/]],
    [{ mnemonic }, 'mnemonic', '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc', [/raw mnemonic/]],
    [{ privateKey }, 'private key', '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', [/raw private key/]],
  ] as const) {
    const opened = await openWallet(sources)
    assert.equal(opened.kind, kind)
    if (address !== undefined) assert.equal(opened.wallet.address, address)
    await expectSigns(opened.wallet)
    assert.equal(opened.warnings.length, warnings.length, opened.warnings.join('\n'))
    for (const [index, warning] of warnings.entries()) assert.match(opened.warnings[index] ?? '', warning)
    for (const text of [...printsOf(opened), ...printsOf(sources)]) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), `${kind} shows a secret`)
    }
  }
})

for (const [label, sources, message] of [
  ['none', {}, /no wallet is configured/],
  ['a bad private key', { privateKey: new Secret(KEY.slice(1)) }, /64 hex digits/],
  ['a mnemonic as private key', { privateKey: new Secret(WORDS) }, /64 hex digits/],
  ['a bad mnemonic', { mnemonic: { words: new Secret(WORDS.replace('junk', 'test')), accountIndex: 0 } }, /checksum/],
  ['a private key as mnemonic', { mnemonic: { words: new Secret(KEY), accountIndex: 0 } }, /this one has 1/],
  ['a missing key file', { keyFile: { path: '/nonexistent/key' } }, /does not exist/],
  ['a private key as AWS key', { awsKms: { keyId: KEY } }, /no key id, ARN or alias/],
] satisfies readonly (readonly [string, WalletSources, RegExp])[]) {
  test(`${label} is refused with exit code 1`, async () => {
    const fault = await expectFault(() => openWallet(sources), 'WALLET_UNUSABLE', message, SECRETS)
    assert.equal(exitCodeOf(fault), EXIT.doNotRestart)
  })
}

test('a fault in the wallet that counts is not covered up by another', async () => {
  const mnemonic = { words: new Secret(WORDS), accountIndex: 0 }
  await expectFault(() => openWallet({ privateKey: new Secret('00'), mnemonic }), 'WALLET_UNUSABLE', /64 hex digits/)
})
