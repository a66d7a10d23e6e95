import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ExampleProcess } from './exampleProcess.ts'

const folder = mkdtempSync(join(tmpdir(), 'commands-'))
after(() => rmSync(folder, { recursive: true }))
const good = join(folder, 'good.toml')
const bad = join(folder, 'bad.toml')
writeFileSync(good, `behaviour = "slow-stop"\nprivate_key = "${'deadbeef'.repeat(8)}"\n`)
writeFileSync(bad, `behavior = "work"\nlog_level = "loud"\nprivate_key = "deadbeef"\n`)

async function finish(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using service = new ExampleProcess(argv, env)
  const code = await service.exitCode()
  return { code, stdout: service.stdout, stderr: service.stderr, lines: service.lines }
}

test('start with bad settings: exit code 1, every fault in the log and on standard error', async () => {
  const { code, stderr, lines } = await finish(['start', '-c', bad], { KMS_CONNECTOR_SHUTDOWN_TIMEOUT: 'soon' })
  assert.equal(code, 1)
  const expected = [
    'SETTINGS_INVALID: 4 faults',
    `  behavior (${bad}:1): is not a setting, the nearest known name is behaviour`,
    `  log_level (${bad}:2): "loud" is not offered`,
    '  shutdown_timeout (KMS_CONNECTOR_SHUTDOWN_TIMEOUT): "soon" is not a duration; expected a duration',
    `  private_key (${bad}:3): has 8 hex digits; expected 32 bytes of hex`,
  ]
  for (const text of expected) assert.ok(stderr.includes(text), `${text}\nis not in\n${stderr}`)
  assert.ok(!stderr.includes('deadbeef'))
  const [line] = lines
  assert.deepEqual([lines.length, line?.['level'], line?.['msg']], [1, 'fatal', 'could not load the settings'])
})

test('validate prints every setting with value and source, secrets redacted', async () => {
  const { code, stdout, stderr } = await finish(['validate', '--config', good])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^SETTING +VALUE +SOURCE$/m)
  assert.match(stdout, /^behaviour +slow-stop +.*good\.toml:1$/m)
  assert.match(stdout, /^private_key +\[redacted\] +.*good\.toml:2$/m)
  assert.match(stdout, /^monitoring_endpoint +127\.0\.0\.1:0 +KMS_CONNECTOR_MONITORING_ENDPOINT$/m)
  assert.match(stdout, /^healthcheck_timeout +3s +default$/m)
  assert.ok(!stdout.includes('deadbeef'))
  const invalid = await finish(['validate', '-c', bad])
  assert.equal(invalid.code, 1)
  assert.match(invalid.stderr, /3 faults/)
})

test('explain adds what each setting means and how it is set', async () => {
  const { code, stdout, stderr } = await finish(['explain', '--config', good])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^private_key = \[redacted\]\n {2}from: .*good\.toml:2$/m)
  assert.match(
    stdout,
    /^healthcheck_timeout = 3s\n {2}from: default\n {2}How long one dependency .*\n {2}expected: .*\n {2}variable: KMS_CONNECTOR_HEALTHCHECK_TIMEOUT$/m,
  )
  assert.ok(!stdout.includes('deadbeef'))
  assert.equal((await finish(['explain', '-c', bad])).code, 1)
})

test('help, version, and what is not understood', async () => {
  const help = await finish(['--help'])
  assert.deepEqual([help.code, help.stderr], [0, ''])
  assert.match(help.stdout, /^An example\.\n\nUsage: example COMMAND/)
  const version = await finish(['--version'])
  assert.deepEqual([version.code, version.stdout], [0, 'example 1.2.3 (abc1234)\n'])
  const unknown = await finish(['run'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /^"run" is not a command\n\nAn example\./)
})
