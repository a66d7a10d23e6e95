import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineSettings, integer, type Loaded, type Secret, variablesOf } from '@kms-connector/service-kit'
import { A, describe, faultsOf, file, load, SECRET, type shape, TOML } from './settingsFixture.ts'

test('the environment overrides the file, which overrides defaults; sources are kept', () => {
  const { values, entries } = load(TOML, {
    KMS_CONNECTOR_GATEWAY_URL: 'http://env:8545',
    KMS_CONNECTOR_DECRYPTION_CONTRACT__DOMAIN_NAME: 'Other',
    KMS_CONNECTOR_PRIVATE_KEY: SECRET,
    UNRELATED: 'x',
  })
  assert.equal(values.gateway_url, 'http://env:8545')
  assert.equal(values.decryption_polling, 2_000)
  assert.equal(values.verify, false)
  assert.equal(values.start_block, undefined)
  assert.equal(values.private_key?.reveal(), `0x${SECRET}`)
  assert.deepEqual(values.decryption_contract, { address: A, domain_name: 'Other' })
  assert.deepEqual(values.host_chains, [{ url: 'http://host:1', chain_id: 1, acl_address: A }])
  assert.equal(values.aws_kms_config, undefined)
  const sources = Object.fromEntries(entries.map(({ path, source }) => [path, source.replace(file, 'FILE')]))
  assert.deepEqual(sources, {
    gateway_url: 'KMS_CONNECTOR_GATEWAY_URL',
    decryption_polling: 'FILE:3',
    verify: 'default',
    finality: 'default',
    start_block: 'unset',
    tags: 'default',
    private_key: 'KMS_CONNECTOR_PRIVATE_KEY',
    mnemonic: 'unset',
    'decryption_contract.address': 'FILE:6',
    'decryption_contract.domain_name': 'KMS_CONNECTOR_DECRYPTION_CONTRACT__DOMAIN_NAME',
    'host_chains[0].url': 'FILE:9',
    'host_chains[0].chain_id': 'FILE:10',
    'host_chains[0].acl_address': 'FILE:11',
    aws_kms_config: 'unset',
  })
})

test('the type of the loaded settings follows from the declaration', () => {
  const { values } = load(TOML)
  const typed: Loaded<typeof shape> = values
  const finality: 'latest' | 'finalized' = typed.finality
  const key: Secret | undefined = typed.private_key
  const region: string | undefined = typed.aws_kms_config?.region
  const chainIds: readonly number[] = typed.host_chains.map(chain => chain.chain_id)
  assert.deepEqual([finality, key, region, chainIds], ['latest', undefined, undefined, [1]])
})

test('everything can come from the environment alone, lists of tables as JSON with either spelling', () => {
  const { values } = load(undefined, {
    KMS_CONNECTOR_GATEWAY_URL: 'http://env',
    KMS_CONNECTOR_TAGS: 'a,b',
    KMS_CONNECTOR_DECRYPTION_CONTRACT__ADDRESS: A,
    KMS_CONNECTOR_HOST_CHAINS: JSON.stringify([
      { url: 'http://a', chainId: 1, aclAddress: A },
      { url: 'http://b', chain_id: 2, acl_address: A },
    ]),
    KMS_CONNECTOR_AWS_KMS_CONFIG__KEY_ID: 'k',
  })
  assert.deepEqual(
    values.host_chains.map(chain => chain.chain_id),
    [1, 2],
  )
  assert.deepEqual(values.tags, ['a', 'b'])
  assert.deepEqual(values.aws_kms_config, { key_id: 'k', region: 'eu-west-1' })
})

test('the list of the environment replaces that of the file', () => {
  const env = { KMS_CONNECTOR_HOST_CHAINS: JSON.stringify([{ url: 'http://a', chainId: 9, aclAddress: A }]) }
  assert.deepEqual(
    load(TOML, env).values.host_chains.map(chain => chain.chain_id),
    [9],
  )
})

test('variables of siblings and those of Kubernetes services are not unknown', () => {
  const sibling = defineSettings({ tx_retries: integer({ describe, default: 4 }) })
  const env = {
    KMS_CONNECTOR_TX_RETRIES: '4',
    KMS_CONNECTOR_LISTENER_SERVICE_HOST: '10.0.0.1',
    KMS_CONNECTOR_LISTENER_SERVICE_PORT: '9100',
    KMS_CONNECTOR_LISTENER_SERVICE_PORT_METRICS: '9100',
    KMS_CONNECTOR_LISTENER_PORT: 'tcp://10.0.0.1:9100',
    KMS_CONNECTOR_LISTENER_PORT_9100_TCP: 'tcp://10.0.0.1:9100',
    KMS_CONNECTOR_LISTENER_PORT_9100_TCP_ADDR: '10.0.0.1',
  }
  assert.doesNotThrow(() => load(TOML, env, variablesOf(sibling)))
  assert.match(
    faultsOf(() => load(TOML, env)),
    /1 fault\n {2}KMS_CONNECTOR_TX_RETRIES/,
  )
  assert.match(
    faultsOf(() => load(TOML, { KMS_CONNECTOR_METRICS_PORT: '9100' })),
    /KMS_CONNECTOR_METRICS_PORT \(environment\): is not a setting/,
  )
})
