import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@kms-connector/service-kit'
import { alertFaults } from '../../scripts/alertFaults.ts'
import { type DashboardModel, dashboardFaults } from '../../scripts/dashboardFaults.ts'
import { knownMetrics } from '../../scripts/declaredMetrics.ts'
import { unusedMetrics, useFaults } from '../../scripts/metricUse.ts'

const used = (expr: string) => [{ where: 'here', expr }]
const known = knownMetrics()

const expressions: readonly (readonly [expr: string, fault: RegExp | undefined])[] = [
  ['sum by (namespace, group) (rate(kms_connector_listener_cursor_lag_blocks[5m]))', undefined],
  ['histogram_quantile(0.9, sum by (le, chain) (rate(kms_connector_rpc_call_seconds_bucket[5m])))', undefined],
  ['time() - process_start_time_seconds', undefined],
  ['kms_connector_nobody_has_this', /kms_connector_nobody_has_this is exported by no service/],
  // Only histograms have parts.
  ['kms_connector_listener_cursor_lag_blocks_count', /is exported by no service/],
  ['max by (stream) (kms_connector_listener_cursor_lag_blocks)', /no metric in it has the label stream/],
  ['kms_connector_listener_cursor_lag_blocks{operation="x"}', /no metric in it has the label operation/],
  ['sum(kms_connector_listener_cursor_lag_blocks', /syntax error/],
]

for (const [expr, fault] of expressions) {
  test(`expression ${expr}: ${fault ? 'refused' : 'fine'}`, () => {
    const faults = useFaults(used(expr), known)
    if (fault) assert.match(faults.join('\n'), fault)
    else assert.deepEqual(faults, [])
  })
}

test('a metric that no dashboard shows is named', () => {
  const metrics = createMetrics({ name: 'x', version: '', build: '' })
  metrics.counter({ name: 'kms_connector_new_total', help: 'Something new that happened.' })
  const own = new Map(metrics.declared.map(metric => [metric.name, { metric, services: ['x'] }]))
  assert.deepEqual(unusedMetrics(used('kms_connector_build_info'), own), ['kms_connector_new_total'])
})

const DATASOURCE = { uid: '$datasource' }
const panel = (id: number, x: number, w: number) => ({
  id,
  type: 'stat',
  title: `panel ${id}`,
  description: 'What it tells.',
  datasource: DATASOURCE,
  gridPos: { x, y: 0, w, h: 4 },
  targets: [{ expr: 'up', datasource: DATASOURCE }],
})
const dashboard = (...panels: NonNullable<DashboardModel['panels']>): DashboardModel => ({
  uid: 'x',
  title: 'x',
  schemaVersion: 39,
  templating: { list: [{ name: 'datasource', type: 'datasource' }] },
  panels,
})

const dashboards: readonly (readonly [what: string, model: DashboardModel, fault: RegExp | undefined])[] = [
  ['side by side', dashboard(panel(1, 0, 12), panel(2, 12, 12)), undefined],
  ['beyond the last column', dashboard(panel(1, 13, 12)), /does not fit into 24 columns/],
  ['one over the other', dashboard(panel(1, 0, 12), panel(2, 11, 12)), /"panel 1" and "panel 2" overlap/],
  ['the same id twice', dashboard(panel(1, 0, 4), panel(1, 4, 4)), /unique/],
  ['a data source of one installation', dashboard({ ...panel(1, 0, 4), datasource: { uid: 'abc' } }), /\$datasource/],
  ['no variable', { ...dashboard(), templating: { list: [] } }, /no variable "datasource"/],
  ['no query', dashboard({ ...panel(1, 0, 4), targets: [] }), /shows nothing/],
]

for (const [what, model, fault] of dashboards) {
  test(`dashboard: ${what}`, () => {
    const faults = dashboardFaults('x.json', model)
    if (fault) assert.match(faults.join('\n'), fault)
    else assert.deepEqual(faults, [])
  })
}

const rule = {
  alert: 'Broken',
  expr: 'up == 0',
  labels: { severity: 'page' },
  annotations: { summary: 'Nothing works.', command: 'look', runbook_url: 'docs/runbooks/Broken.md' },
}
const rules = (...all: readonly (typeof rule)[]) => ({ groups: [{ name: 'x', rules: all }] })
const firing = { tests: [{ promql_expr_test: [{ exp_samples: [{ labels: '{alertname="Broken"}' }] }] }] }
const runbook = '# Broken\n\nx\n\n## First\n\n    look\n\n## Likely causes\n\nx\n\n## Fix\n\nx\n\n## Over when\n\nx\n'
const runbooks = new Map([['Broken', runbook]])

const alerts: readonly (readonly [what: string, faults: readonly string[], fault: RegExp | undefined])[] = [
  ['complete', alertFaults(rules(rule), firing, runbooks), undefined],
  ['no runbook', alertFaults(rules(rule), firing, new Map()), /alert Broken: has no runbook/],
  ['a runbook without alert', alertFaults(rules(), firing, runbooks), /Broken.md: there is no such alert/],
  ['never tested', alertFaults(rules(rule), { tests: [] }, runbooks), /fires in no test/],
  ['a half runbook', alertFaults(rules(rule), firing, new Map([['Broken', '# Broken\n']])), /must have the sections/],
  [
    'another command',
    alertFaults(rules(rule), firing, new Map([['Broken', runbook.replace('look', 'x')]])),
    /same command/,
  ],
  ['no severity', alertFaults(rules({ ...rule, labels: { severity: 'x' } }), firing, runbooks), /severity/],
]

for (const [what, faults, fault] of alerts) {
  test(`alert: ${what}`, () => {
    if (fault) assert.match(faults.join('\n'), fault)
    else assert.deepEqual(faults, [])
  })
}
