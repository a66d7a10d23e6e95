// Earlier names of settings, as the library handles them; the names of earlier connectors are in earlierConnectors.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineSettings, type Environment, flag, group, loadSettings, optional, text } from '@kms-connector/service-kit'
import fc from 'fast-check'
import { A, describe, faultsOf, file, load, SECRET, schema, shape, TOML } from './settingsFixture.ts'

const WITHOUT_URL = TOML.replace(/^gateway_url.*$/m, '')
const WITHOUT_POLLING = TOML.replace(/^decryption_polling.*$/m, '')

function sourceOf(path: string, { entries }: ReturnType<typeof load>): string | undefined {
  return entries.find(entry => entry.path === path)?.source.replace(file, 'FILE')
}

test('an earlier variable works, with a warning that names the new one, and shows as the source', () => {
  const loaded = load(WITHOUT_URL, { KMS_CONNECTOR_GWL2_URL: 'http://old', KMS_CONNECTOR_POLLING_SECS: ' 30 ' })
  assert.equal(loaded.values.gateway_url, 'http://old')
  assert.equal(loaded.values.decryption_polling, 30_000)
  assert.equal(sourceOf('gateway_url', loaded), 'KMS_CONNECTOR_GWL2_URL (deprecated)')
  assert.deepEqual(loaded.warnings, [
    'KMS_CONNECTOR_GWL2_URL is deprecated, use KMS_CONNECTOR_GATEWAY_URL: over HTTP',
    'KMS_CONNECTOR_POLLING_SECS is deprecated, use KMS_CONNECTOR_DECRYPTION_POLLING',
  ])
})

test('an earlier key of the file works, at another place in the tree and in another unit', () => {
  const toml = WITHOUT_POLLING.replace('gateway_url', 'polling_secs = 5\ngwl2_url')
    .replace(/^\[decryption_contract\]$/m, '[manager]')
    .replace(/^\[\[host/m, '[database]\nurl = "postgres://hunter22"\n[[host')
  const loaded = load(toml)
  assert.equal(loaded.values.decryption_polling, 5_000)
  assert.equal(loaded.values.decryption_contract.address, A)
  assert.equal(sourceOf('gateway_url', loaded), 'FILE:3 (gwl2_url, deprecated)')
  assert.deepEqual(loaded.warnings, [
    'database.url has no effect: there is no database',
    'gwl2_url is deprecated, use gateway_url: over HTTP',
    'polling_secs is deprecated, use decryption_polling',
    'manager.address is deprecated, use decryption_contract.address',
  ])
})

test('the environment overrides the file, the current name overrides an earlier one at the same place', () => {
  const overFile = load(TOML, { KMS_CONNECTOR_GWL2_URL: 'http://old' })
  assert.equal(overFile.values.gateway_url, 'http://old')
  const inEnvironment = load(TOML, { KMS_CONNECTOR_GWL2_URL: 'no url', KMS_CONNECTOR_GATEWAY_URL: 'http://new' })
  assert.equal(inEnvironment.values.gateway_url, 'http://new')
  assert.deepEqual(inEnvironment.warnings, [
    'KMS_CONNECTOR_GWL2_URL is deprecated and has no effect, because KMS_CONNECTOR_GATEWAY_URL is set; use KMS_CONNECTOR_GATEWAY_URL',
  ])
  const inFile = load(`gwl2_url = "http://old"\n${TOML}`)
  assert.equal(inFile.values.gateway_url, 'http://file:8545')
  assert.deepEqual(inFile.warnings, [
    'gwl2_url is deprecated and has no effect, because gateway_url is set; use gateway_url',
  ])
  const twoOld = load(TOML, { KMS_CONNECTOR_PAUSE_SECS: '9', KMS_CONNECTOR_POLLING_SECS: '8' })
  assert.equal(twoOld.values.decryption_polling, 8_000)
  assert.match(
    twoOld.warnings[1] ?? '',
    /PAUSE_SECS is deprecated and has no effect, because KMS_CONNECTOR_POLLING_SECS is set/,
  )
})

test('faults are reported under the earlier name, in its units', () => {
  const cases: readonly (readonly [string, Environment, string])[] = [
    [
      WITHOUT_URL,
      { KMS_CONNECTOR_GWL2_URL: 'ftp://u:hunter22@a' },
      'gateway_url (KMS_CONNECTOR_GWL2_URL): starts with "ftp:"; expected a URL that starts with http:// or https://',
    ],
    [
      TOML,
      { KMS_CONNECTOR_POLLING_SECS: '5m' },
      'decryption_polling (KMS_CONNECTOR_POLLING_SECS): "5m" is not a whole number of seconds; expected a whole number of seconds',
    ],
    [`gwl2_url = []\n${WITHOUT_URL}`, {}, 'gwl2_url (FILE:1): is an array; expected a URL that starts with'],
    [`polling_secs = 0\n${WITHOUT_POLLING}`, {}, 'polling_secs (FILE:1): 0ms is too small; expected'],
    [`database = 3\n${TOML}`, {}, 'database (FILE:1): is an integer, not a table'],
    [
      `[manager]\nadress = 3\n${TOML}`,
      {},
      'manager.adress (FILE:2): is not a setting, the nearest known name is address (deprecated, use decryption_contract.address)',
    ],
    [
      `gwl2_ur = "x"\n${TOML}`,
      {},
      'gwl2_ur (FILE:1): is not a setting, the nearest known name is gwl2_url (deprecated, use gateway_url)',
    ],
    [
      TOML,
      { KMS_CONNECTOR_GWL2_UR: 'x' },
      'KMS_CONNECTOR_GWL2_UR (environment): is not a setting, the nearest known name is KMS_CONNECTOR_GWL2_URL (deprecated, use KMS_CONNECTOR_GATEWAY_URL)',
    ],
  ]
  for (const [toml, env, fault] of cases) {
    // TOML wants plain keys before tables.
    const sorted = toml.startsWith('[') ? `${TOML}\n${toml.slice(0, -TOML.length)}` : toml
    const message = faultsOf(() => load(sorted, env)).replaceAll(/FILE:\d+/g, 'FILE:N')
    assert.ok(message.includes(fault.replaceAll(/FILE:\d+/g, 'FILE:N')), `${message}\ndoes not say\n${fault}`)
    assert.match(message, /: 1 fault\n/)
    assert.ok(!message.includes('hunter22'))
  }
})

test('secrets under earlier names are redacted everywhere, also when they are wrong', () => {
  const loaded = load(TOML, { KMS_CONNECTOR_WALLET_WORDS: 'test junk', KMS_CONNECTOR_WALLET_KEY: SECRET })
  assert.equal(loaded.values.mnemonic?.reveal(), 'test junk')
  assert.ok(!JSON.stringify([loaded.entries, loaded.warnings, loaded.values.mnemonic]).includes('junk'))
  assert.deepEqual(
    loaded.secrets.map(secret => secret.reveal()),
    [`0x${SECRET}`, 'test junk'],
  )
  const wrong = faultsOf(() => load(TOML, { KMS_CONNECTOR_WALLET_KEY: `${SECRET}c0ffee` }))
  assert.match(wrong, /private_key \(KMS_CONNECTOR_WALLET_KEY\): has 70 hex digits/)
  assert.ok(!wrong.includes('c0ffee'))
  const database = { KMS_CONNECTOR_DATABASE__URL: 'postgres://u:hunter22@a' }
  assert.deepEqual(load(TOML, database).warnings, ['KMS_CONNECTOR_DATABASE__URL has no effect: there is no database'])
})

test('an earlier name gives an optional group; one of another service is accepted in silence', () => {
  const { values, warnings } = load(TOML, { KMS_CONNECTOR_KMS_KEY: 'k', KMS_CONNECTOR_QUEUE_SIZE: 'many' })
  assert.deepEqual(values.aws_kms_config, { key_id: 'k', region: 'eu-west-1' })
  assert.deepEqual(warnings, ['KMS_CONNECTOR_KMS_KEY is deprecated, use KMS_CONNECTOR_AWS_KMS_CONFIG__KEY_ID'])
  assert.doesNotThrow(() => load(`queue_size = "many"\n${TOML}`))
})

test('one file serves several processes: what siblings know is left alone, typos are not', () => {
  const siblings = ['KMS_CONNECTOR_TX_RETRIES', 'KMS_CONNECTOR_S3__BUCKET', 'KMS_CONNECTOR_S3__REGION']
  const withBucket = (key: string) => `tx_retries = 4\n${TOML}\n[s3]\n${key} = "b"\nregion = 3\n`
  assert.doesNotThrow(() => load(withBucket('bucket'), {}, siblings))
  assert.match(
    faultsOf(() => load(withBucket('buckets'), {}, siblings)),
    /1 fault\n {2}s3\.buckets \(FILE:\d+\): is not a setting, the nearest known name is bucket$/,
  )
  assert.match(
    faultsOf(() => load(`tx_retrys = 4\n${TOML}`, {}, siblings)),
    /1 fault\n {2}tx_retrys \(FILE:1\): is not a setting, the nearest known name is tx_retries$/,
  )
})

test('an optional group that needs its key setting counts as left out without it', () => {
  const bucket = defineSettings({
    s3: optional(group({ bucket: text({ describe }), region: optional(text({ describe })) }, { describe }), {
      givenBy: 'bucket',
    }),
    other: flag({ describe, default: false }),
  })
  const env = { KMS_CONNECTOR_S3__REGION: 'r' }
  const { values, warnings, entries } = loadSettings(bucket, { env })
  assert.equal(values.s3, undefined)
  assert.deepEqual(warnings, ['s3 has no effect without s3.bucket'])
  assert.deepEqual(entries[0], { path: 's3', value: '', source: 'unset' })
  assert.deepEqual(loadSettings(bucket, { env: { ...env, KMS_CONNECTOR_S3__BUCKET: 'b' } }).values.s3, {
    bucket: 'b',
    region: 'r',
  })
})

test('a name cannot be a setting and an earlier name, and must be snake_case', () => {
  const legacy = (path: string) => () => defineSettings(shape, [], [{ path, from: 'before', why: 'gone' }])
  assert.throws(legacy('decryption_contract.address'), /is a setting and an earlier name/)
  assert.throws(legacy('gwl2Url'), /"gwl2Url" is not snake_case/)
})

test('nothing under an earlier name makes loading fail other than with SETTINGS_INVALID', () => {
  const name = fc.constantFrom(...schema.legacy.map(({ path }) => path))
  const value = fc.oneof(fc.json(), fc.string(), fc.constantFrom('[]', '{}', '1e400', 'inf', '1979-05-27', '-0'))
  const attempt = (toml: string, env: Environment) => {
    try {
      load(toml, env)
    } catch (fault) {
      assert.match(String(fault), /SETTINGS_INVALID/)
    }
  }
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), set => attempt(set.map(([k, v]) => `${k} = ${v}`).join('\n'), {})),
  )
  const variable = name.map(path => `KMS_CONNECTOR_${path.toUpperCase().replace('.', '__')}`)
  fc.assert(fc.property(fc.dictionary(variable, value), env => attempt(TOML, env)))
})
