// Checks that metrics, dashboards, alerts, runbooks and documentation belong together: `npm run check:metrics`. Needs no
// tools; the alerts are tested with promtool by `npm test -- promtool`.
import { basename } from 'node:path'
import { parse } from 'yaml'
import { findCommand } from '../apps/cli/src/commands.ts'
import { alertFaults, type RulesFile, type RulesTestFile } from './alertFaults.ts'
import { type DashboardModel, dashboardFaults, expressionsOf } from './dashboardFaults.ts'
import { knownMetrics } from './declaredMetrics.ts'
import { type Used, unusedMetrics, useFaults } from './metricUse.ts'
import { report, repositoryFiles } from './repositoryFiles.ts'

const RULES = 'deploy/prometheus/rules.yaml'
const TESTS = 'deploy/prometheus/rules.test.yaml'
/** A command of ours as a text names it: what stands alone or in code. */
const COMMAND = /(?:^ {4}|`|: )kms-connector ((?:[a-z]+ ?){1,2})/gm
/** Names in texts for people. */
const MENTION = /\bkms_connector_[a-z0-9_]+\b/g

const known = knownMetrics()
const files = repositoryFiles(path => /^(deploy\/(grafana|prometheus)\/|docs\/)/.test(path))
const textOf = (path: string) => files.find(file => file.path === path)?.text ?? ''

const dashboards = files
  .filter(({ path }) => path.startsWith('deploy/grafana/'))
  .map(({ path, text }) => ({ path, model: JSON.parse(text) as DashboardModel })) // CAST: every field that is used is checked
const rules = parse(textOf(RULES)) as RulesFile // CAST: promtool checks its shape
const tests = parse(textOf(TESTS)) as RulesTestFile // CAST: promtool checks its shape
const runbooks = new Map(
  files
    .filter(({ path }) => path.startsWith('docs/runbooks/'))
    .map(({ path, text }) => [basename(path, '.md'), text] as const),
)

const shown: readonly Used[] = dashboards.flatMap(({ path, model }) =>
  expressionsOf(model).map(expr => ({ where: path, expr })),
)
const alerted: readonly Used[] = rules.groups
  .flatMap(group => group.rules)
  .map(({ alert, expr }) => ({ where: `alert ${alert}`, expr }))

const aliases = [...known.values()].flatMap(({ metric }) => (metric.aliases ?? []).map(({ name }) => name))
const mentioned = files
  .filter(({ path }) => path.endsWith('.md') && path !== 'docs/metrics.md')
  .flatMap(({ path, text }) => [...text.matchAll(MENTION)].map(([name]) => ({ path, name })))

const commands = files
  .filter(({ path }) => path === RULES || path.startsWith('docs/runbooks/'))
  .flatMap(({ path, text }) => [...text.matchAll(COMMAND)].map(([, words = '']) => ({ path, words: words.trim() })))

const faults = [
  ...dashboards.flatMap(({ path, model }) => dashboardFaults(path, model)),
  ...useFaults([...shown, ...alerted], known),
  ...unusedMetrics(shown, known).map(name => `${name} is in no dashboard: add it to one in scripts/dashboards`),
  ...alertFaults(rules, tests, runbooks),
  ...mentioned
    .filter(({ name }) => !known.has(name) && !aliases.includes(name))
    .map(({ path, name }) => `${path}: ${name} is exported by no service`),
  ...commands
    .filter(({ words }) => !findCommand(words.split(' ')))
    .map(({ path, words }) => `${path}: kms-connector has no command ${words}`),
]

report('metrics', faults, `${known.size} metrics, ${dashboards.length} dashboards, ${alerted.length} alert rules`)
