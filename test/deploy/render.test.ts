import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { youngGenerationFlag } from '@kms-connector/service-kit'
import { parse } from 'yaml'
import { SERVICE_MEMORY_MB } from '../../apps/devnet/src/devnet/programs.ts'
import { CASES } from './cases.ts'
import { CHART, golden, helmBinary, MINIMAL, pick, type Rendered, ROOT, render, runHelm, type Values } from './chart.ts'

const skip = helmBinary() ? false : 'helm cannot be had here'

test('helm lint is strict and finds nothing', { skip }, () => {
  const { ok, stdout, stderr } = runHelm(['lint', '--strict'], MINIMAL)
  assert.ok(ok, `${stdout}${stderr}`)
})

for (const [name, values] of Object.entries(CASES)) {
  test(`renders ${name} as committed (UPDATE_GOLDEN=1 renews it)`, { skip }, () => {
    const { expected, actual } = golden(name, render(values), values === MINIMAL ? [] : render(MINIMAL))
    assert.equal(actual, expected)
  })
}

interface Container {
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly envFrom: unknown
  readonly command?: readonly string[]
  readonly args: readonly string[]
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly containers: readonly [Container & { readonly readinessProbe: { readonly timeoutSeconds: number } }]
}

function podOf(object: Rendered): PodSpec {
  return (object as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec // CAST: validated elsewhere
}

test('every pod is without root, token, capabilities and a writable file system', { skip }, () => {
  const pods = Object.values(CASES).flatMap(values =>
    render(values).filter(o => ['Deployment', 'Job'].includes(o.kind)),
  )
  assert.ok(pods.length > 40)
  for (const pod of pods.map(podOf)) {
    assert.equal(pod.automountServiceAccountToken, false)
    assert.equal(pod.enableServiceLinks, false)
    assert.equal(pod.securityContext['runAsNonRoot'], true)
    assert.deepEqual(pod.securityContext['seccompProfile'], { type: 'RuntimeDefault' })
    for (const { securityContext } of pod.containers) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  }
})

test('chart and compose run every service with its young generation, where the entry point of the image has another', {
  skip,
}, () => {
  const compose: { services: Record<string, { entrypoint?: readonly string[]; command?: readonly string[] }> } = parse(
    readFileSync(join(ROOT, 'deploy', 'compose', 'compose.yaml'), 'utf8'),
    { merge: true },
  )
  const pods = render(MINIMAL).filter(({ kind }) => kind === 'Deployment')
  for (const [{ command, args }] of pods.map(pod => podOf(pod).containers)) {
    const [service = ''] = args
    const flag = youngGenerationFlag(service)
    const own = ['/usr/bin/node', flag, '/usr/bin/kms-connector']
    const expected = flag === youngGenerationFlag() ? undefined : own
    assert.deepEqual(command, expected, `${service} in the chart`)
    assert.deepEqual(compose.services[service]?.command, args)
    assert.deepEqual(compose.services[service]?.entrypoint, expected, `${service} with compose`)
  }
  assert.ok(pods.length >= 3)
})

test('the devnet runs every service with the heap that its container gives it', () => {
  // CAST: values.yaml is ours
  const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Readonly<
    Record<string, { resources: { limits: { memory: string } } }>
  >
  const limit = (key: string) => values[key]?.resources.limits.memory
  const mb = (service: keyof typeof SERVICE_MEMORY_MB) => `${SERVICE_MEMORY_MB[service]}Mi`
  assert.equal(mb('gw-listener'), limit('gwListener'))
  assert.equal(mb('kms-worker'), limit('kmsWorker'))
  assert.equal(mb('tx-sender'), limit('txSender'))
})

test('no value of a Secret can stand in a render: only names of Secrets do', { skip }, () => {
  for (const values of Object.values(CASES)) {
    const objects = render(values)
    assert.equal(objects.filter(o => o.kind === 'Secret').length, 0)
  }
})

test('grace and readiness follow the settings of the service', { skip }, () => {
  const pod = podOf(pick(render(CASES['slow-settings'] ?? {}), 'Deployment', 'prod-kms-connector-kms-worker'))
  assert.equal(pod.terminationGracePeriodSeconds, 125)
  assert.equal(pod.containers[0].readinessProbe.timeoutSeconds, 7)
})

test('one sender is recreated, two hand over to each other', { skip }, () => {
  const strategyOf = (name: string) => {
    const sender = pick(render(CASES[name] ?? {}), 'Deployment', 'prod-kms-connector-tx-sender')
    return (sender as unknown as { spec: { strategy: unknown } }).spec.strategy // CAST: validated elsewhere
  }
  assert.deepEqual(strategyOf('preset-testnet'), { type: 'Recreate' })
  assert.deepEqual(strategyOf('high-availability'), {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  })
})

test('the chart brings the very dashboards and rules of the repository', { skip }, () => {
  const objects = render(CASES['monitored'] ?? {})
  const dashboards = objects.filter(o => o.metadata.labels?.['grafana_dashboard'])
  const source = join(ROOT, 'deploy', 'grafana')
  const files = dashboards.map(o => o['data'] as Readonly<Record<string, string>>) // CAST: a ConfigMap has texts
  assert.deepEqual(files.flatMap(file => Object.keys(file)).sort(), readdirSync(source).sort())
  for (const [name, text] of files.flatMap(file => Object.entries(file)))
    assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(join(source, name), 'utf8')))
  const [rule] = objects.filter(o => o.kind === 'PrometheusRule')
  assert.deepEqual(rule?.['spec'], parse(readFileSync(join(ROOT, 'deploy', 'prometheus', 'rules.yaml'), 'utf8')))
})

test('a changed setting restarts the pods of its service', { skip }, () => {
  const checksum = (values: Values) => {
    const worker = pick(render(values), 'Deployment', 'prod-kms-connector-kms-worker')
    return /checksum\/settings":"([0-9a-f]{64})"/.exec(JSON.stringify(worker))?.[1]
  }
  const changed = { ...MINIMAL, common: { settings: { ...MINIMAL.common.settings, log_level: 'debug' } } }
  assert.equal(checksum(MINIMAL), checksum(MINIMAL))
  assert.notEqual(checksum(MINIMAL), checksum(changed))
})
