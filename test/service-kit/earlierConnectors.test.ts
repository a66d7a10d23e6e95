// Everything that operators of earlier connectors have in their environment and files is understood by all services.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CONNECTOR_VARIABLES,
  type Environment,
  LEGACY_NAMES,
  type LoadedSettings,
  type LoadOptions,
  legacyVariable,
  listenerSettings,
  loadSettings,
  type SettingEntry,
  senderSettings,
  variableName,
  workerSettings,
} from '@kms-connector/service-kit'
import { FIRST, NEEDED, type Row, STRAY, THREE } from './earlierConnectors.ts'
import { faultsOf, folder } from './settingsFixture.ts'

const PREFIX = 'KMS_CONNECTOR_'
type Load = (options: LoadOptions) => Omit<LoadedSettings<unknown>, 'values'>
const SERVICES: readonly Load[] = [
  options => loadSettings(listenerSettings, options),
  options => loadSettings(workerSettings, options),
  options => loadSettings(senderSettings, options),
]
const EVERYTHING = [...FIRST, ...THREE, ...STRAY]
const variableOf = (path: string) => variableName(path.replace(/\[.*$/, '').split('.'), PREFIX)

/** What is needed today, without what a row gives in its stead. */
function needed(...withoutPaths: readonly (string | undefined)[]): Environment {
  const without = withoutPaths.map(path => path?.replace(/\[.*$/, ''))
  return Object.fromEntries(
    Object.entries(NEEDED).flatMap(([path, value]) => (without.includes(path) ? [] : [[variableOf(path), value]])),
  )
}

function loadAll(env: Environment, file?: string): readonly ReturnType<Load>[] {
  const options = { env, alsoKnown: CONNECTOR_VARIABLES, ...(file === undefined ? {} : { file }) }
  return SERVICES.map(load => load(options))
}

const environmentOf = (rows: readonly Row[]): Environment =>
  Object.fromEntries(rows.map(([name, value]) => [`${PREFIX}${name}`, value]))

for (const [name, value, setting, shown] of EVERYTHING) {
  test(`${name}=${value.slice(0, 40)} is understood`, () => {
    const variable = `${PREFIX}${name}`
    const loaded = loadAll({ ...needed(setting), [variable]: value })
    const said = loaded.map(({ warnings }) => warnings.filter(warning => warning.startsWith(`${variable} `)))
    if (setting === undefined) {
      for (const each of said) assert.match(each.join('\n'), new RegExp(`^${variable} has no effect: .{20,}$`))
      return
    }
    const current = variableOf(setting)
    let services = 0
    for (const [index, { entries }] of loaded.entries()) {
      const entry: SettingEntry | undefined = entries.find(
        ({ path, source }) => path === setting && source.startsWith(variable),
      )
      if (entry === undefined) continue
      services++
      const deprecated = variable === current ? '' : ' (deprecated)'
      assert.deepEqual(entry, { path: setting, value: shown, source: `${variable}${deprecated}` })
      const warning = new RegExp(`^${variable} is deprecated, use ${current}(: .+)?$`)
      if (deprecated === '') assert.deepEqual(said[index], [])
      else assert.match(said[index]?.join('\n') ?? '', warning)
    }
    assert.ok(services > 0, 'no service has it')
  })
}

test('all variables of one generation together are understood, with one line for each earlier name', () => {
  for (const rows of [FIRST, THREE, STRAY, EVERYTHING]) {
    const env = environmentOf(rows)
    const loaded = loadAll({ ...needed(), ...env })
    for (const { warnings, entries } of loaded) {
      assert.ok(!/hunter22|junk|2222/.test(JSON.stringify([warnings, entries])))
      assert.equal(new Set(warnings).size, warnings.length)
    }
    const said = loaded.flatMap(({ warnings }) => warnings).join('\n')
    for (const name of LEGACY_NAMES.map(legacy => legacyVariable(legacy, PREFIX))) {
      assert.equal(new RegExp(`^${name} (is deprecated|has no effect)`, 'm').test(said), name in env, name)
    }
  }
})

test('the table of earlier names says what the lists of this test say', () => {
  const listed = new Set(EVERYTHING.map(([name]) => `${PREFIX}${name}`))
  for (const name of LEGACY_NAMES) assert.ok(listed.has(legacyVariable(name, PREFIX)), name.path)
  const known = new Set(CONNECTOR_VARIABLES)
  for (const name of LEGACY_NAMES) {
    for (const path of 'why' in name ? [] : name.now) assert.ok(known.has(variableOf(path)), path)
  }
})

test('earlier keys of the file are understood by all services, one file for all', () => {
  const file = join(folder, 'earlier.toml')
  for (const name of LEGACY_NAMES) {
    const [, value = '', setting, shown] =
      EVERYTHING.find(([row]) => `${PREFIX}${row}` === legacyVariable(name, PREFIX)) ?? []
    for (const written of /^\d+$|^true$/.test(value) ? [value, `"${value}"`] : [`"${value}"`]) {
      writeFileSync(file, `${name.path} = ${written}\n`)
      const loaded = loadAll(needed(...('why' in name ? [] : name.now)), file)
      const said = loaded.flatMap(({ warnings }) => warnings).filter(warning => warning.startsWith(`${name.path} `))
      if (setting === undefined) assert.equal(said.length, SERVICES.length, name.path)
      else {
        const entries = loaded.flatMap(each =>
          each.entries.filter(({ source }) => source.includes(`${name.path}, deprecated`)),
        )
        assert.equal(said.length, entries.length)
        assert.deepEqual([...new Set(entries.map(entry => entry.value))], [shown], name.path)
      }
    }
  }
})

test('a typo in any name is refused with a suggestion, in the environment and in the file', () => {
  const file = join(folder, 'typo.toml')
  const current = CONNECTOR_VARIABLES.filter(variable => !variable.includes('__'))
  for (const variable of new Set([...CONNECTOR_VARIABLES, ...EVERYTHING.map(([name]) => `${PREFIX}${name}`)])) {
    const middle = Math.ceil((variable.length + PREFIX.length) / 2)
    const typo = `${variable.slice(0, middle)}Q${variable.slice(middle)}`
    for (const load of SERVICES) {
      const env = { ...needed(), [typo]: '1' }
      const message = faultsOf(() => load({ env, alsoKnown: CONNECTOR_VARIABLES }))
      const suggestion = `${typo} (environment): is not a setting, the nearest known name is ${variable}`
      assert.ok(message.includes(`1 fault\n  ${suggestion}`), message)
    }
  }
  for (const variable of current) {
    const key = variable.slice(PREFIX.length).toLowerCase()
    writeFileSync(file, `${key.slice(0, -1)}q${key.slice(-1)} = 1\n`)
    const options = { env: needed(), file, alsoKnown: CONNECTOR_VARIABLES }
    const message = faultsOf(() => loadSettings(listenerSettings, options))
    assert.match(
      message,
      new RegExp(`1 fault\\n.* is not a setting, the nearest known name is ${key}( \\(deprecated.*)?$`),
    )
  }
})

test('WebSocket URLs become HTTP URLs, and others are left to the setting', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['wss://gateway.example:8548/path', 'https://gateway.example:8548/path'],
    ['WS://gateway.example', 'http://gateway.example'],
    ['https://gateway.example', 'https://gateway.example'],
  ]
  for (const [value, shown] of cases) {
    const { entries } = loadSettings(listenerSettings, {
      env: { ...needed('gateway_url'), KMS_CONNECTOR_GWL2_URL: value },
      alsoKnown: CONNECTOR_VARIABLES,
    })
    assert.equal(entries.find(({ path }) => path === 'gateway_url')?.value, shown)
  }
})

test('a region without a bucket is no fallback bucket, and no fault', () => {
  const env = { ...needed('s3_config.bucket'), KMS_CONNECTOR_S3_CONFIG__REGION: 'us-east-1' }
  const { values, warnings } = loadSettings(workerSettings, { env, alsoKnown: CONNECTOR_VARIABLES })
  assert.equal(values.s3_config, undefined)
  assert.deepEqual(warnings, ['s3_config has no effect without s3_config.bucket'])
})
