import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { defineSettings, type Environment, loadSettings, url, variablesOf } from '@kms-connector/service-kit'
import fc from 'fast-check'
import { A, describe, faultsOf, file, folder, load, schema, shape, TOML } from './settingsFixture.ts'

test('all faults come at once, each with its place and what is expected', () => {
  const toml = `
decryption_polling = 5
gatway_url = "http://typo"
finality = "finalised"
[decryption_contract]
adress = "${A}"
[[host_chains]]
url = "http://a"
chain_id = 1
acl_address = "0x1"
[[host_chains]]
url = "http://b"
chain_id = 1
acl_address = "${A}"
color = "red"
`
  const message = faultsOf(() => load(toml, { KMS_CONNECTOR_VERIFY: 'maybe', KMS_CONNECTOR_FINALTY: 'latest' }))
  const expected = `SETTINGS_INVALID: 11 faults
  gatway_url (FILE:3): is not a setting, the nearest known name is gateway_url
  gateway_url (KMS_CONNECTOR_GATEWAY_URL): is missing; expected a URL that starts with http:// or https://
  decryption_polling (FILE:2): is an integer, not text in quotes; expected a duration such as "500ms", "3s", "5m", "24h" or "7d" of 1ms or more
  verify (KMS_CONNECTOR_VERIFY): "maybe" is neither true nor false; expected true or false
  finality (FILE:4): "finalised" is not offered, the nearest is "finalized"; expected one of "latest", "finalized"
  decryption_contract.adress (FILE:6): is not a setting, the nearest known name is address
  decryption_contract.address (KMS_CONNECTOR_DECRYPTION_CONTRACT__ADDRESS): is missing; expected a contract address, 0x and 40 hex digits
  host_chains[0].acl_address (FILE:10): "0x1" is not an address; expected a contract address, 0x and 40 hex digits
  host_chains[1].color (FILE:15): is not a setting, the nearest known name is url
  host_chains[1].chain_id (FILE:13): repeats that of item 1; expected a different value in every item
  KMS_CONNECTOR_FINALTY (environment): is not a setting, the nearest known name is KMS_CONNECTOR_FINALITY`
  assert.equal(message, expected)
})

test('shapes that are not what was declared', () => {
  const contractTable = `[decryption_contract]\naddress = "${A}"\n`
  const cases: readonly (readonly [string, Environment, RegExp])[] = [
    ['decryption_contract = 3\n', {}, /decryption_contract \(FILE:\d+\): is an integer, not a table/],
    [`host_chains = 3\n${contractTable}`, {}, /host_chains \(FILE:2\): is an integer, not a list/],
    [`host_chains = []\n${contractTable}`, {}, /host_chains \(FILE:2\): has 0 items; expected 1 to 256 items/],
    [`host_chains = [7]\n${contractTable}`, {}, /host_chains\[0\] \(FILE:2\): is an integer, not a table/],
    [contractTable, {}, /host_chains \(KMS_CONNECTOR_HOST_CHAINS\): is missing/],
    [contractTable, { KMS_CONNECTOR_HOST_CHAINS: '{' }, /host_chains \(KMS_CONNECTOR_HOST_CHAINS\): is not JSON/],
    [contractTable, { KMS_CONNECTOR_HOST_CHAINS: '{}' }, /is JSON but not an array/],
    [
      contractTable,
      { KMS_CONNECTOR_HOST_CHAINS: '[{}]' },
      /host_chains\[0\]\.url \(KMS_CONNECTOR_HOST_CHAINS\): is missing/,
    ],
    [
      contractTable,
      { KMS_CONNECTOR_START_BLOCK: '' },
      /start_block \(KMS_CONNECTOR_START_BLOCK\): "" is not an integer/,
    ],
    [contractTable, { KMS_CONNECTOR_AWS_KMS_CONFIG__REGION: 'r' }, /aws_kms_config\.key_id \(.*KEY_ID\): is missing/],
  ]
  for (const [toml, env, fault] of cases) {
    const message = faultsOf(() => load(`gateway_url = "http://a"\n${toml}`, env))
    assert.match(message, fault, message)
  }
})

test('a file that cannot be used is one fault, and nothing is called missing because of it', () => {
  const message = faultsOf(() => load(`gateway_url = "http://user:hunter22@a"\nprivate_key = hunter22\n`))
  assert.match(message, /1 fault\n {2}settings file \(FILE:2:\d+\): is not TOML: /)
  assert.ok(!message.includes('hunter22'), message)
  const absent = faultsOf(() => loadSettings(schema, { file: join(folder, 'absent'), env: {} }))
  assert.match(absent, /settings file \(.*absent\): cannot be read \(ENOENT\)/)
  assert.match(
    faultsOf(() => loadSettings(schema, { file: folder, env: {} })),
    /cannot be read \(EISDIR\)/,
  )
  assert.match(
    faultsOf(() => load(`__proto__ = 1\n`)),
    /is not TOML/,
  )
  writeFileSync(file, '#'.repeat(2 ** 20 + 1))
  assert.match(
    faultsOf(() => loadSettings(schema, { file, env: {} })),
    /is larger than 1048576 bytes/,
  )
})

test('rules between settings are checked once the settings themselves are fine', () => {
  const ruled = defineSettings(shape, [
    {
      path: 'private_key',
      check: ({ private_key, mnemonic }) => ((private_key ?? mnemonic) ? undefined : 'or mnemonic must be given'),
    },
  ])
  writeFileSync(file, TOML)
  assert.match(
    faultsOf(() => loadSettings(ruled, { file, env: {} })),
    /1 fault\n {2}private_key \(unset\): or mnemonic must be given/,
  )
  assert.doesNotThrow(() => loadSettings(ruled, { file, env: { KMS_CONNECTOR_MNEMONIC: 'test junk' } }))
})

test('names must be snake_case', () => {
  assert.throws(() => defineSettings({ gatewayUrl: url({ describe }) }), /"gatewayUrl" is not snake_case/)
  assert.throws(() => defineSettings({ a__b: url({ describe }) }), /snake_case/)
})

test('no document and no environment makes loading fail other than with SETTINGS_INVALID', () => {
  const attempt = (toml: string | undefined, env: Environment) => {
    try {
      load(toml, env)
    } catch (fault) {
      assert.ok(fault instanceof ConnectorError && fault.code === 'SETTINGS_INVALID', String(fault))
    }
  }
  const variable = fc.constantFrom(...variablesOf(schema), 'KMS_CONNECTOR_', 'KMS_CONNECTOR___PROTO__')
  const key = fc.constantFrom(...Object.keys(shape), '__proto__', 'constructor', 'x')
  const value = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom('[{}]', '1e400', '"""', "'''", '[[', '0x', '1979-05-27'),
  )
  fc.assert(fc.property(fc.dictionary(variable, value), env => attempt(undefined, env)))
  const line = fc.tuple(key, fc.constantFrom(' = ', '.a = ', ']', '= ['), value).map(parts => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          line,
          fc.string(),
          key.map(name => `[[${name}]]`),
        ),
      ),
      lines => attempt(lines.join('\n'), {}),
    ),
  )
})
