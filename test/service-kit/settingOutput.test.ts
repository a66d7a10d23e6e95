import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { describeSettings, explain, renderExampleToml, renderExplanation } from '@kms-connector/service-kit'
import { faultsOf, load, SECRET, schema, TOML } from './settingsFixture.ts'

/** An access key as a provider puts it into the path. */
const KEY = '0b1c'.repeat(16)

test('secrets appear in no output: explanation, loaded values, faults', () => {
  const env = {
    KMS_CONNECTOR_PRIVATE_KEY: SECRET,
    KMS_CONNECTOR_GATEWAY_URL: `http://user:hunter22@a/eth/${KEY}?key=hunter23`,
  }
  const loaded = load(TOML, env)
  const wrong = { KMS_CONNECTOR_PRIVATE_KEY: `${SECRET}c0ffee`, KMS_CONNECTOR_GATEWAY_URL: 'ftp://user:hunter22@a' }
  const shown = [
    renderExplanation(explain(loaded)),
    JSON.stringify(loaded.values.private_key),
    inspect(loaded.secrets),
    faultsOf(() => load(TOML, wrong)),
    faultsOf(() => load(`${TOML}private_key = "c0ffee"`, { KMS_CONNECTOR_HOST_CHAINS: 'http://hunter22' })),
  ]
  for (const text of shown) assert.ok(!/c0ffee|hunter2|0b1c/.test(text), text)
  assert.match(shown[0] ?? '', /private_key +\[redacted\] +KMS_CONNECTOR_PRIVATE_KEY/)
  assert.deepEqual(
    loaded.secrets.map(secret => secret.reveal()),
    ['hunter22', KEY, 'hunter23', `0x${SECRET}`],
  )
})

test('the documentation knows every setting', () => {
  const rows = describeSettings(schema)
  const polling = rows.find(row => row.path === 'decryption_polling')
  assert.deepEqual([polling?.variable, polling?.default], ['KMS_CONNECTOR_DECRYPTION_POLLING', '500ms'])
  const item = rows.find(row => row.path === 'host_chains[].chain_id')
  assert.equal(item?.variable, 'KMS_CONNECTOR_HOST_CHAINS')
  assert.equal(rows.filter(row => row.secret).length, 2)
})

test('the example file is valid as it is and with everything in it switched on', () => {
  const example = renderExampleToml(schema, 'Settings of the test.')
  assert.doesNotThrow(() => load(example))
  const all = example
    .replaceAll(/^# (\[+[a-z_.]+\]+|[a-z_]+ = .*)$/gm, '$1')
    .replaceAll(/(private_key) = .*/g, `$1 = "${SECRET}"`)
  const { values } = load(all)
  assert.equal(values.aws_kms_config?.region, 'eu-west-1')
  assert.equal(values.decryption_polling, 500)
  for (const { path, variable } of describeSettings(schema)) {
    assert.ok(example.includes(variable), `${path} does not name ${variable}`)
  }
  assert.ok(example.split('\n').every(line => line.length <= 120))
})
