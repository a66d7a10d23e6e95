import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineSettings, loadSettings } from '@kms-connector/service-kit'
import { openWallet } from '@kms-connector/wallet'
import { walletRules, walletSettings, walletSources } from '../../libs/service-kit/src/connector/walletSettings.ts'
import { expectFault } from './walletFixture.ts'

const schema = defineSettings(walletSettings, walletRules)
const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const load = (env: Readonly<Record<string, string>>) => loadSettings(schema, { env }).values

test('variables of every generation lead to a wallet', async () => {
  const { wallet } = await openWallet(walletSources(load({ KMS_CONNECTOR_PRIVATE_KEY: KEY })))
  assert.equal(wallet.address, '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
  const words = 'test test test test test test test test test test test junk'
  const second = load({ KMS_CONNECTOR_MNEMONIC: words, KMS_CONNECTOR_ACCOUNT_INDEX: '1' })
  const opened = await openWallet(walletSources(second))
  assert.equal(opened.wallet.address, '0x70997970c51812dc3a010c7d01b50e0d17dc79c8')
})

test('AWS KMS and key files are passed on as given', () => {
  const settings = load({
    KMS_CONNECTOR_AWS_KMS_CONFIG__KEY_ID: 'alias/a',
    KMS_CONNECTOR_AWS_KMS_CONFIG__REGION: 'eu-west-1',
    KMS_CONNECTOR_AWS_KMS_CONFIG__ENDPOINT: 'http://localhost:4566',
    KMS_CONNECTOR_SIGNING_KEY_PATH: '/run/key',
    KMS_CONNECTOR_SIGNING_KEY_PASSWORD_FILE: '/run/password',
  })
  assert.deepEqual(walletSources(settings), {
    privateKey: undefined,
    awsKms: { keyId: 'alias/a', region: 'eu-west-1', endpoint: 'http://localhost:4566' },
    keyFile: { path: '/run/key', passwordFile: '/run/password' },
    mnemonic: undefined,
  })
})

test('no wallet at all, and a password for nothing, are faults of the settings', async () => {
  await expectFault(() => load({}), 'SETTINGS_INVALID', /no wallet is given: give one of private_key, aws_kms_config/)
  const lonely = { KMS_CONNECTOR_PRIVATE_KEY: KEY, KMS_CONNECTOR_SIGNING_KEY_PASSWORD_FILE: '/run/password' }
  await expectFault(() => load(lonely), 'SETTINGS_INVALID', /the password of a signing_key_path, which is not given/, [
    KEY,
  ])
})
