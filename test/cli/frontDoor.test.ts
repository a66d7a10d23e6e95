import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const MAIN = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname

function run(...args: string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KMS_CONNECTOR_')))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=kms-source', MAIN, ...args], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('--help lists the services and their commands', () => {
  const { status, stdout } = run('--help')
  assert.equal(status, 0)
  for (const word of ['gw-listener', 'kms-worker', 'tx-sender', 'request-status', 'start', 'validate'])
    assert.match(stdout, new RegExp(word))
})

test('no service and an unknown service end with 1 and say what there is', () => {
  assert.equal(run().status, 1)
  const { status, stderr } = run('gw-listner', 'start')
  assert.equal(status, 1)
  assert.match(stderr, /gw-listener, kms-worker, tx-sender, request-status/)
})

for (const service of ['gw-listener', 'kms-worker', 'tx-sender', 'request-status']) {
  test(`${service} --version and --help come from the service`, () => {
    assert.match(run(service, '--version').stdout, new RegExp(`^${service} 0\\.1\\.0`))
    assert.equal(run(service, '--help').status, 0)
  })
}

for (const service of ['gw-listener', 'kms-worker', 'tx-sender']) {
  test(`${service} start without settings ends with 1 and lists every fault at once`, () => {
    const { status, stderr } = run(service, 'start')
    assert.equal(status, 1)
    assert.match(stderr, /KMS_CONNECTOR_GATEWAY_URL/)
    assert.match(stderr, /KMS_CONNECTOR_GATEWAY_CHAIN_ID/)
  })
}

test('config explain prints every setting of a service with its source, also when said the other way round', () => {
  const file = new URL('../../config/request-status.example.toml', import.meta.url).pathname
  const { status, stdout } = run('config', 'explain', 'request-status', '--config', file)
  assert.equal(status, 0)
  assert.match(stdout, /request_status_endpoint/)
  assert.match(stdout, /default/)
  assert.equal(stdout, run('request-status', 'explain', '--config', file).stdout)
  assert.equal(run('config', 'explain').status, 1)
})
