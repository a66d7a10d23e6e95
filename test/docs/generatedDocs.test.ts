import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ERRORS } from '@kms-connector/protocol'
import {
  CONNECTOR_VARIABLES,
  describeSettings,
  type Environment,
  listenerSettings,
  loadSettings,
  type Schema,
  senderSettings,
  workerSettings,
} from '@kms-connector/service-kit'

const ROOT = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'generated-docs-'))
after(() => rmSync(folder, { recursive: true }))

const SECRET = { KMS_CONNECTOR_PRIVATE_KEY: '11'.repeat(32) }

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** The example with every line that only is commented out because it need not be given. */
function uncommented(example: string): string {
  return example.replaceAll(/^# (?=\[+[a-z0-9_.]+\]+$|[a-z0-9_]+ = )/gm, '')
}

test('the committed files are what the code says', () => {
  const run = spawnSync(
    process.execPath,
    ['--conditions=kms-source', join(ROOT, 'scripts/generate-docs.ts'), '--check'],
    { encoding: 'utf8', timeout: 60_000 },
  )
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /docs: fresh/)
})

test('every error code stands in the reference, with its rule', () => {
  const reference = read('docs/errors.md').replace(/ +\|/g, ' |')
  for (const [code, { disposition }] of Object.entries(ERRORS)) {
    assert.ok(reference.includes(`\n| \`${code}\` | \`${disposition}\` |`), code)
  }
})

function checkService<V>(name: string, schema: Schema<V>, env: Environment): void {
  const path = `config/${name}.example.toml`
  const load = (file: string, more: Environment = {}) =>
    loadSettings(schema, { file, env: { ...env, ...more }, alsoKnown: CONNECTOR_VARIABLES })

  test(`${name}: every setting stands in the reference and in the example`, () => {
    const reference = read('docs/settings.md').replace(/ +\|/g, ' |')
    const example = uncommented(read(path))
    for (const { path: setting, variable, kind } of describeSettings(schema)) {
      assert.ok(reference.includes(`| \`${setting}\` | \`${variable}\` |`), setting)
      const leaf = setting.split('.').at(-1) ?? ''
      assert.ok(example.includes(kind === 'list of tables' ? `[[${leaf}]]` : `\n${leaf} = `), setting)
    }
  })

  test(`${name}: the example loads as it stands`, () => {
    assert.deepEqual(load(join(ROOT, path)).warnings, [])
  })

  test(`${name}: the example loads with everything in it uncommented`, () => {
    const text = uncommented(read(path)).replace(/^private_key = .*$/m, `private_key = "${'22'.repeat(32)}"`)
    const { entries } = load(write(`${name}.toml`, text))
    assert.deepEqual(
      entries.filter(({ source }) => source === 'default' || source === 'unset'),
      [],
    )
  })

  test(`${name}: an unknown name is refused with the nearest known one`, () => {
    const file = write(`${name}-typo.toml`, `log_levle = "info"\n${read(path)}`)
    const refused = (fault: unknown) => {
      assert.ok(fault instanceof Error)
      assert.match(fault.message, /^SETTINGS_INVALID: 2 faults\n/)
      assert.match(fault.message, /log_levle \(.*:1\): is not a setting, the nearest known name is log_level/)
      assert.match(
        fault.message,
        /KMS_CONNECTOR_GATEWAY_UR \(environment\): is not a setting, the nearest known name is KMS_CONNECTOR_GATEWAY_URL/,
      )
      return true
    }
    assert.throws(() => load(file, { KMS_CONNECTOR_GATEWAY_UR: 'http://localhost:1' }), refused)
  })
}

checkService('gw-listener', listenerSettings, {})
checkService('kms-worker', workerSettings, {})
checkService('tx-sender', senderSettings, SECRET)
