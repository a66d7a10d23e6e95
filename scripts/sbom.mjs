// Writes the software bill of materials of what is installed with the connector, as CycloneDX JSON: `npm run sbom`.
// Made by npm from the lock file alone; what would differ from run to run is derived from the content instead, so that the
// same lock file gives the same bytes. `--check` only makes sure that it can be made and holds what must be in it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(ROOT, 'sbom.cdx.json')
const ARGUMENTS = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
/** The one binary depends on all services, and on nothing that is for development. */
const SHIPPED = /^@kms-connector\/cli@/

const bom = deterministic(shipped(bomOfNpm()))
const faults = faultsOf(bom)
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exitCode = 1
} else if (!process.argv.includes('--check')) {
  writeFileSync(FILE, `${JSON.stringify(bom, null, 2)}\n`)
}
if (faults.length === 0) console.log(`sbom: ${bom.components.length} components, ${bom.serialNumber}`)

function bomOfNpm() {
  const run = spawnSync('npm', ARGUMENTS, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  })
  if (run.status !== 0) throw new Error(`npm sbom ended with ${run.status}: ${run.stderr}`)
  return JSON.parse(run.stdout)
}

/** `npm sbom --omit dev` also leaves out what any workspace needs for development only, such as viem for the tests. */
function shipped(all) {
  const edges = new Map(all.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  // Optional peers, such as the compiler for type declarations, are edges too; only what is not for development counts.
  const development = developmentOnly()
  const isExtra = ref => development.has(ref.replace(/(?!^)@[^@]*$/, ''))
  const reached = new Set(all.components.map(component => component['bom-ref']).filter(ref => SHIPPED.test(ref)))
  for (const ref of reached) {
    for (const next of edges.get(ref) ?? []) if (!isExtra(next)) reached.add(next)
  }
  return {
    ...all,
    components: all.components.filter(component => reached.has(component['bom-ref'])),
    dependencies: all.dependencies
      .filter(({ ref }) => reached.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(next => reached.has(next)).sort() })),
  }
}

/** Names of packages that are only there for development, or because an optional peer happens to be. */
function developmentOnly() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const entries = Object.entries(packages).filter(([, { dev, devOptional }]) => dev || devOptional)
  return new Set(entries.map(([path]) => path.split('node_modules/').at(-1)))
}

function deterministic({ serialNumber: _random, metadata, components, dependencies, ...rest }) {
  const { version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const { timestamp: _now, component: _folder, ...kept } = metadata
  const component = {
    'bom-ref': `kms-connector@${version}`,
    type: 'application',
    name: 'kms-connector',
    version,
    purl: `pkg:npm/kms-connector@${version}`,
    licenses: [{ license: { id: license } }],
  }
  const byRef = (a, b) => (a['bom-ref'] ?? a.ref).localeCompare(b['bom-ref'] ?? b.ref, 'en')
  const body = {
    ...rest,
    metadata: { ...kept, component },
    components: components.map(withoutPlace).sort(byRef),
    dependencies: dependencies.sort((a, b) => a.ref.localeCompare(b.ref, 'en')),
  }
  return { ...body, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}` }
}

/** Where a package was downloaded from says nothing about what it is; the hash does. */
function withoutPlace({ externalReferences: _where, ...component }) {
  return component
}

/** A UUID of version 8, which leaves its content to the application. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function faultsOf({ components }) {
  const names = new Set(components.map(({ purl }) => purl?.replace(/^pkg:npm\//, '').replace(/@[^@]*$/, '')))
  const missing = ['nats', 'viem', 'zod', 'pino', 'undici', '%40connectrpc/connect'].filter(name => !names.has(name))
  const extra = ['solc', 'fast-check', 'typescript', '%40foundry-rs/anvil'].filter(name => names.has(name))
  const bare = components.filter(({ purl, hashes }) => !purl?.includes('%40kms-connector') && !hashes?.length)
  return [
    ...missing.map(name => `${name} is missing in the bill of materials`),
    ...extra.map(name => `${name} is for development and in the bill of materials`),
    ...bare.map(({ purl }) => `${purl} has no hash`),
  ]
}
