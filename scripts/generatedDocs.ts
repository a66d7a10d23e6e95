import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  describeSettings,
  LEGACY_NAMES,
  listenerSettings,
  renderExampleToml,
  type Schema,
  senderSettings,
  statusSettings,
  workerSettings,
} from '@kms-connector/service-kit'
import { chartTopology } from './chartTopology.ts'
import { chartValuesSchema } from './chartValuesSchema.ts'
import { cliReference } from './cliReference.ts'
import { dashboardFiles } from './dashboards/index.ts'
import { errorReference } from './errorReference.ts'
import { metricsReference } from './metricsReference.ts'
import { ROOT } from './repositoryFiles.ts'
import { type DocumentedService, settingsReference } from './settingsReference.ts'

const CHART_FILES = 'deploy/helm/kms-connector/files'

interface Service extends DocumentedService {
  readonly exampleToml: string
}

/** Every generated file of the documentation: path from the root, and text. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  const services = [
    describe('gw-listener', listenerSettings),
    describe('kms-worker', workerSettings),
    describe('tx-sender', senderSettings),
    describe('request-status', statusSettings),
  ]
  const dashboards = [...dashboardFiles()]
  return new Map([
    ['docs/cli.md', await cliReference()],
    ['docs/errors.md', errorReference()],
    ['docs/metrics.md', metricsReference()],
    ...dashboards,
    // Helm reads no files outside of a chart.
    ...dashboards.map(([path, text]) => [`${CHART_FILES}/dashboards/${basename(path)}`, text] as const),
    [`${CHART_FILES}/rules.yaml`, readFileSync(join(ROOT, 'deploy/prometheus/rules.yaml'), 'utf8')],
    ['docs/settings.md', settingsReference(services, LEGACY_NAMES)],
    ['deploy/helm/kms-connector/values.schema.json', chartValuesSchema()],
    [`${CHART_FILES}/topology.json`, chartTopology()],
    ...services.map(({ name, exampleToml }) => [`config/${name}.example.toml`, exampleToml] as const),
  ])
}

function describe<V>(name: string, schema: Schema<V>): Service {
  const title = `Settings of ${name}. Copy, edit, and check with \`${name} validate --config FILE\`.`
  return { name, settings: describeSettings(schema), exampleToml: renderExampleToml(schema, title) }
}
