import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CASES } from './cases.ts'
import { helmBinary, type Rendered, ROOT, render } from './chart.ts'

const skip = helmBinary() ? false : 'helm cannot be had here'

/** Modules with the API definitions of Kubernetes and of the operators, by apiVersion. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
}
/** Its definitions are in no package; nats-controller.test.ts checks these objects field by field. */
const WITHOUT_DEFINITIONS = 'jetstream.nats.io/v1beta2'

function checked(objects: readonly Rendered[]): readonly Rendered[] {
  return objects.filter(o => o.apiVersion !== WITHOUT_DEFINITIONS)
}

interface Model {
  new (data: unknown): { validate(): void }
}

test('every object is valid under the API definitions: types, formats and what is required', { skip }, async () => {
  for (const [name, values] of Object.entries(CASES)) {
    for (const object of checked(render(values))) {
      const path = MODULES[object.apiVersion]
      assert.ok(path, `${name}: no definitions for ${object.apiVersion}`)
      const module: Readonly<Record<string, Model>> = await import(path)
      const Model = module[object.kind]
      assert.ok(Model, `${name}: ${object.apiVersion} has no ${object.kind}`)
      assert.doesNotThrow(() => new Model(object).validate(), `${name}: ${object.kind} ${object.metadata.name}`)
    }
  }
})

/** An object literal of the type of its kind: the compiler refuses every field that the definitions do not have. */
function source(objects: readonly Rendered[]): string {
  const kinds = new Map(objects.map(({ apiVersion, kind }) => [kind, MODULES[apiVersion] ?? '']))
  const imports = [...kinds].map(([kind, path]) => `import type { I${kind} } from '${path}'`)
  const literals = objects.map((object, i) => `export const o${i}: I${object.kind} = ${JSON.stringify(object)}`)
  return [...imports, ...literals, ''].join('\n')
}

function compile(objects: readonly Rendered[]): string {
  // Below the tests, so that the packages are found.
  const dir = mkdtempSync(join(ROOT, 'test', 'deploy', '.strict-'))
  try {
    writeFileSync(join(dir, 'objects.ts'), source(objects))
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: 'NodeNext',
      noEmit: true,
      skipLibCheck: true,
      types: [],
    }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['objects.ts'] }))
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
    return spawnSync(tsc, ['-p', dir], { encoding: 'utf8', timeout: 120_000 }).stdout
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('no object has a field that the API definitions do not know', { skip }, () => {
  const objects = Object.values(CASES).flatMap(values => checked(render(values)))
  assert.equal(compile(objects), '')
})

test('the check finds a misspelt field, deep inside', { skip }, () => {
  const [deployment] = render(CASES['preset-testnet'] ?? {}).filter(o => o.kind === 'Deployment')
  const text = JSON.stringify(deployment).replace('"runAsNonRoot"', '"runAsNonroot"')
  assert.match(compile([JSON.parse(text)]), /runAsNonroot/)
})
