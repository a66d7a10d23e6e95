import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type DashboardModel, expressionsOf } from '../../scripts/dashboardFaults.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DEPLOY = join(ROOT, 'deploy')
const folder = mkdtempSync(join(tmpdir(), 'promtool-'))
after(() => rmSync(folder, { recursive: true }))

const install = spawnSync(process.execPath, [join(ROOT, 'scripts', 'install-promtool.mjs')], {
  encoding: 'utf8',
  timeout: 1_200_000,
})
const bin = install.stdout.trim()

if (bin === '') {
  console.error(`promtool cannot be installed here, alerts and dashboards were not tested with it: ${install.stderr}`)
} else {
  const promtool = (...args: readonly string[]) => spawnSync(bin, args, { encoding: 'utf8', timeout: 60_000 })

  test('every alert fires on its bad series, alone, and none on a healthy or an idle node', () => {
    const run = promtool('test', 'rules', join(DEPLOY, 'prometheus', 'rules.test.yaml'))
    assert.equal(run.status, 0, run.stdout + run.stderr)
  })

  test('Prometheus understands every expression of the dashboards', () => {
    const files = readdirSync(join(DEPLOY, 'grafana'))
    assert.ok(files.length >= 4)
    const rules = files.flatMap(file => {
      // CAST: `expressionsOf` takes what is there.
      const model = JSON.parse(readFileSync(join(DEPLOY, 'grafana', file), 'utf8')) as DashboardModel
      return expressionsOf(model).map((expr, i) => ({ record: `${file.replace(/\W/g, '_')}:${i}`, expr }))
    })
    // JSON is YAML.
    const file = join(folder, 'dashboards.yaml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] }))
    const run = promtool('check', 'rules', file)
    assert.equal(run.status, 0, run.stdout + run.stderr)
    assert.match(run.stdout, new RegExp(`${rules.length} rules found`))
  })
}
