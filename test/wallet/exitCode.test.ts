import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { CREDENTIALS } from '../../apps/devnet/src/awsKms/index.ts'
import { startAwsKms } from './awsKmsServer.ts'
import { fileWith } from './walletFixture.ts'
import { writeKeystore } from './writeKeystore.ts'

const MAIN = new URL('../../apps/tx-sender/src/main.ts', import.meta.url).pathname
const ADDRESS = `0x${'11'.repeat(20)}`
const KEY = `0x${'5d'.repeat(32)}` as const

/** Starts a sender with everything right but the wallet; it opens the wallet before it asks anybody else anything. */
async function start(wallet: Readonly<Record<string, string>>, aws: Readonly<Record<string, string>> = {}) {
  const settings = {
    GATEWAY_URL: 'http://127.0.0.1:9',
    GATEWAY_CHAIN_ID: '54321',
    DECRYPTION_CONTRACT__ADDRESS: ADDRESS,
    KMS_GENERATION_CONTRACT__ADDRESS: ADDRESS,
    MONITORING_ENDPOINT: '127.0.0.1:0',
    ...wallet,
  }
  const own = Object.entries(process.env).filter(([name]) => !/^(KMS_CONNECTOR_|AWS_)/.test(name))
  const named = Object.entries(settings).map(([name, value]) => [`KMS_CONNECTOR_${name}`, value])
  const env = Object.fromEntries([...own, ...named, ...Object.entries({ AWS_EC2_METADATA_DISABLED: 'true', ...aws })])
  const child = spawn(process.execPath, ['--conditions=kms-source', MAIN, 'start'], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (output += String(bytes)))
  const [code] = await once(child, 'close')
  return { code, output }
}

type Wallet = Readonly<Record<string, string>>
const wrong: readonly (readonly [string, (t: TestContext) => Wallet, RegExp])[] = [
  ['no wallet at all', () => ({}), /wallet/i],
  ['a private key that is too short', () => ({ PRIVATE_KEY: KEY.slice(0, 40) }), /private_key/],
  ['a private key outside the curve', () => ({ PRIVATE_KEY: `0x${'ff'.repeat(32)}` }), /WALLET_UNUSABLE/],
  [
    'a mnemonic with a wrong word',
    () => ({ MNEMONIC: 'test test test test test test test test test test test nonsuch' }),
    /WALLET_UNUSABLE/,
  ],
  ['a key file that does not exist', () => ({ SIGNING_KEY_PATH: '/nowhere/key' }), /WALLET_UNUSABLE/],
  [
    'a key file with something else in it',
    t => ({ SIGNING_KEY_PATH: fileWith(t, 'this is no key') }),
    /WALLET_UNUSABLE/,
  ],
  [
    'a keystore with the wrong password',
    t => ({
      SIGNING_KEY_PATH: fileWith(t, writeKeystore(KEY, 'right', 'pbkdf2')),
      SIGNING_KEY_PASSWORD_FILE: fileWith(t, 'wrong'),
    }),
    /WALLET_UNUSABLE/,
  ],
]

for (const [label, wallet, message] of wrong) {
  test(`${label} ends the sender with exit code 1 and a clear message, and shows no secret`, async t => {
    const { code, output } = await start(wallet(t))
    assert.equal(code, 1, output)
    assert.match(output, message)
    for (const secret of [KEY.slice(2, 40), 'ff'.repeat(32), 'nonsuch']) assert.ok(!output.includes(secret), secret)
  })
}

test('an AWS KMS key that does not exist, or is not ours to use, ends the sender with exit code 1', async t => {
  const server = await startAwsKms(t)
  const credentials = { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey }
  const key = {
    AWS_KMS_CONFIG__KEY_ID: 'no-such-key',
    AWS_KMS_CONFIG__REGION: server.region,
    AWS_KMS_CONFIG__ENDPOINT: server.url,
  }
  const missing = await start(key, credentials)
  assert.equal(missing.code, 1, missing.output)
  assert.match(missing.output, /WALLET_UNUSABLE/)
  const nobody = await start({ ...key, AWS_KMS_CONFIG__KEY_ID: server.createKey().arn })
  assert.equal(nobody.code, 1, nobody.output)
  assert.match(nobody.output, /WALLET_UNUSABLE/)
  assert.ok(!missing.output.includes(CREDENTIALS.secretAccessKey))
})
