// What holds for every setting of every service, whatever it is: three documents that must agree, and no ceiling of zero.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CONNECTOR_VARIABLES,
  describeSettings,
  type Environment,
  listenerSettings,
  loadSettings,
  type Schema,
  type SettingEntry,
  senderSettings,
  statusSettings,
  workerSettings,
} from '@kms-connector/service-kit'
import { faultsOf, folder } from './settingsFixture.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KEY = '22'.repeat(32)
const TEXT_FORM: Readonly<Record<string, string>> = { integer: '0', duration: '0s', bytes: '0B' }
/** What stands for a secret, which no output shows. */
const SECRETS: Readonly<Record<string, string>> = { 'secret hex': KEY, 'secret text': 'a secret of this test' }
/** Zero means something to these: none of it, from the beginning on, or at once. */
const ZERO_IS_FINE = new Set([
  'trace_sample_percent',
  'decryption_from_block_number',
  'kms_operation_from_block_number',
  'overlap_blocks',
  'account_index',
  'priority_fee_gwei',
])

function checkService<V>(name: string, schema: Schema<V>, given: Environment = {}): void {
  const about = describeSettings(schema)
  const load = (file: string | undefined, env: Environment = {}) =>
    loadSettings(schema, { env, alsoKnown: CONNECTOR_VARIABLES, ...(file === undefined ? {} : { file }) })
  const shown = (entries: readonly SettingEntry[]) => new Map(entries.map(({ path, value }) => [path, value]))

  /** The shipped example with every line in it that is a setting switched on. */
  const everything = () => {
    const example = readFileSync(join(ROOT, `config/${name}.example.toml`), 'utf8')
    const file = join(folder, `${name}-everything.toml`)
    const on = example.replaceAll(/^# (?=\[+[a-z0-9_.]+\]+$|[a-z0-9_]+ = )/gm, '')
    writeFileSync(file, on.replace(/^private_key = .*$/m, `private_key = "${KEY}"`))
    return file
  }

  test(`${name}: the shipped example says the defaults, all of them`, () => {
    const example = shown(load(everything()).entries)
    const built = load(join(ROOT, `config/${name}.example.toml`), given).entries
    const defaults = about.filter(({ presence }) => presence === 'default')
    assert.ok(defaults.length > 10)
    for (const { path } of defaults) {
      const entry = built.find(each => each.path === path)
      assert.equal(entry?.source, 'default', path)
      assert.equal(example.get(path), entry?.value, path)
    }
  })

  test(`${name}: every setting can be given by its variable alone, with the value of the file`, () => {
    const { entries } = load(everything())
    const env: Record<string, string> = {}
    for (const { path, variable, kind, secret } of about) {
      if (path.includes('[]')) continue
      const value = secret ? SECRETS[kind] : (shown(entries).get(path) ?? itemsOf(path, entries))
      assert.ok(value !== undefined, `${path} of kind ${kind}`)
      env[variable] = value
    }
    const alone = load(undefined, env).entries
    assert.deepEqual(shown(alone), shown(entries))
    for (const { path, source } of alone) assert.match(source, /^KMS_CONNECTOR_[A-Z0-9_]+$/, path)
  })

  test(`${name}: a variable overrides the file and changes nothing else`, () => {
    const [file, other] = [everything(), { service_name: 'another-name', healthcheck_timeout: '4s' }]
    const expected = shown(load(file).entries)
    for (const [path, value] of Object.entries(other)) {
      assert.notEqual(expected.get(path), value)
      expected.set(path, value)
    }
    const env = Object.fromEntries(
      Object.entries(other).map(([path, value]) => [`KMS_CONNECTOR_${path.toUpperCase()}`, value]),
    )
    assert.deepEqual(shown(load(file, env).entries), expected)
  })

  test(`${name}: no ceiling, deadline or size can be zero`, () => {
    const file = everything()
    const numbers = about.filter(({ path, kind }) => kind in TEXT_FORM && !path.includes('[]'))
    assert.ok(numbers.length > 10)
    for (const { path, variable, kind } of numbers) {
      const env = { [variable]: TEXT_FORM[kind] ?? '' }
      if (ZERO_IS_FINE.has(path)) assert.doesNotThrow(() => load(file, env), path)
      else {
        assert.match(
          faultsOf(() => load(file, env)),
          new RegExp(`1 fault\\n.*${variable}.* is too small`),
          path,
        )
      }
    }
  })
}

/** A list of tables as its variable takes it. */
function itemsOf(path: string, entries: readonly SettingEntry[]): string | undefined {
  const items: Record<string, string>[] = []
  for (const entry of entries) {
    const [, index, leaf] = /^(?:[a-z_]+)\[(\d+)\]\.([a-z_]+)$/.exec(entry.path) ?? []
    if (leaf === undefined || !entry.path.startsWith(`${path}[`)) continue
    items[Number(index)] = { ...items[Number(index)], [leaf]: entry.value }
  }
  return items.length === 0
    ? undefined
    : JSON.stringify(items.map(item => ({ ...item, chain_id: Number(item['chain_id']) })))
}

checkService('gw-listener', listenerSettings)
checkService('kms-worker', workerSettings, { KMS_CONNECTOR_S3_CONFIG__BUCKET: 'ct128' })
checkService('tx-sender', senderSettings, {
  KMS_CONNECTOR_PRIVATE_KEY: KEY,
  KMS_CONNECTOR_GATEWAY_CONFIG_CONTRACT__ADDRESS: `0x${'11'.repeat(20)}`,
})
checkService('request-status', statusSettings)
