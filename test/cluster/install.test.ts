import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stringify } from 'yaml'
import { CASES, withMinimal } from '../deploy/cases.ts'
import { CHART, helmBinary, render, type Values } from '../deploy/chart.ts'
import { ApiServer, apiServerInstalled } from './apiServer.ts'

const skip = apiServerInstalled && helmBinary() ? false : 'no API server here: npm run test:cluster builds one'

let api: ApiServer
before(async () => {
  if (!skip) api = await ApiServer.start()
})
after(() => api?.stop())

function helm(command: readonly string[], values?: Values) {
  const dir = mkdtempSync(join(tmpdir(), 'kms-connector-values-'))
  try {
    const file = join(dir, 'values.yaml')
    writeFileSync(file, stringify(values ?? {}))
    const args = [...command, '--kubeconfig', api.kubeconfig, '--namespace', 'kms', ...(values ? ['-f', file] : [])]
    return spawnSync(helmBinary() ?? '', args, { encoding: 'utf8', timeout: 120_000 })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('the API server accepts every object of every case with strict validation', { skip }, async () => {
  let checked = 0
  for (const [name, values] of Object.entries(CASES)) {
    for (const object of render(values)) {
      const { status, body } = await api.check(object)
      assert.equal(status, 201, `${name}: ${object.kind} ${object.metadata.name}: ${body.message}`)
      checked++
    }
  }
  assert.ok(checked > 200)
})

test('and refuses a field that it does not know', { skip }, async () => {
  const [deployment] = render(CASES['preset-testnet'] ?? {}).filter(o => o.kind === 'Deployment')
  assert.ok(deployment)
  const { status, body } = await api.check(
    JSON.parse(JSON.stringify(deployment).replace('runAsNonRoot', 'runAsNonroot')),
  )
  assert.equal(status, 400)
  assert.match(body.message ?? '', /unknown field.*runAsNonroot/)
})

test('helm installs, upgrades, rolls back and removes a release', { skip }, async () => {
  const deployments = async () => {
    const { body } = await api.call('GET', '/apis/apps/v1/namespaces/kms/deployments')
    const items = body['items'] as readonly { metadata: { name: string }; spec: { replicas: number } }[] // CAST: a list
    return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.replicas]))
  }
  // Nothing runs a Job here, so the hook is left out; the test above has the server check it.
  const first = helm(['install', 'prod', CHART, '--no-hooks'], CASES['preset-testnet'])
  assert.equal(first.status, 0, first.stderr)
  assert.match(first.stdout, /kms-connector doctor/)
  assert.equal((await deployments())['prod-kms-connector-kms-worker'], 2)

  const second = helm(
    ['upgrade', 'prod', CHART, '--no-hooks'],
    withMinimal({ kmsWorker: { replicas: 5 }, txSender: { replicas: 2 } }),
  )
  assert.equal(second.status, 0, second.stderr)
  assert.equal((await deployments())['prod-kms-connector-kms-worker'], 5)

  assert.equal(helm(['rollback', 'prod', '1', '--no-hooks']).status, 0)
  assert.equal((await deployments())['prod-kms-connector-kms-worker'], 2)

  assert.equal(helm(['uninstall', 'prod', '--no-hooks']).status, 0)
  assert.deepEqual(await deployments(), {})
})
