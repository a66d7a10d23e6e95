// Keeps the layers of the repository apart: `npm run check:layers`. The rules and their reasons are in
// docs/architecture.md.
import { posix } from 'node:path'
import { isSource, report, repositoryFiles } from './repositoryFiles.ts'

const SCOPE = '@kms-connector/'

/** Which of our libraries a library may use. One that is not listed here is a fault, so that adding one is a decision. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  streams: ['protocol'],
  gateway: ['protocol'],
  'kms-client': ['protocol'],
  ciphertexts: ['protocol'],
  wallet: ['protocol'],
  'service-kit': ['protocol', 'streams', 'gateway'],
}

/** Apps that may use other apps: they start them. */
const STARTERS = ['cli', 'devnet', 'bench']

/** Packages that are the business of few: everybody else goes through the library that wraps them. */
const EDGES: readonly { readonly wraps: (name: string) => boolean; readonly only: readonly string[] }[] = [
  {
    wraps: name => name === 'nats' || name.startsWith('@nats-io/'),
    only: [
      'libs/streams/',
      'apps/devnet/src/broker/',
      'apps/devnet/src/demo/',
      'apps/devnet/src/chaos/',
      'apps/bench/',
      'test/',
    ],
  },
  {
    wraps: name => name.startsWith('@connectrpc/'),
    only: ['libs/kms-client/', 'apps/devnet/', 'apps/bench/', 'test/'],
  },
]

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g

/** The package a path belongs to, such as `libs/streams`; undefined outside packages. */
function packageOf(path: string): string | undefined {
  return /^(?:libs|apps)\/[^/]+(?=\/)/.exec(path)?.[0]
}

const files = repositoryFiles(path => isSource(path) && /^(libs|apps|test|scripts)\//.test(path))
const folders = new Set(files.flatMap(({ path }) => packageOf(path) ?? []))

/** The package of ours that an import leads to; undefined for anything else. */
function target(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return packageOf(posix.join(posix.dirname(path), specifier))
  if (!specifier.startsWith(SCOPE)) return undefined
  const name = specifier.slice(SCOPE.length).split('/')[0] ?? ''
  return ['libs', 'apps'].map(kind => `${kind}/${name}`).find(folder => folders.has(folder)) ?? `libs/${name}`
}

/** @returns what is wrong with one import, or undefined */
function faultOf(path: string, specifier: string): string | undefined {
  const edge = EDGES.find(({ wraps }) => wraps(specifier))
  if (edge && !edge.only.some(place => path.startsWith(place))) return `only ${edge.only.join(', ')} may do that`
  const home = packageOf(path)
  const other = target(path, specifier)
  if (home === undefined || other === undefined || home === other) return undefined
  if (specifier.startsWith('.')) return 'packages reach each other by name, not by path'
  return home.startsWith('libs/') ? libraryFault(home, other) : appFault(home, other)
}

function libraryFault(home: string, other: string): string | undefined {
  if (other.startsWith('apps/')) return 'a library never uses an app'
  const allowed = LIBRARIES[home.slice('libs/'.length)]
  if (!allowed) return `${home} is not in the table of libraries in scripts/check-layers.ts`
  if (allowed.includes(other.slice('libs/'.length))) return undefined
  return `${home} may use ${allowed.length === 0 ? 'none of our libraries' : allowed.join(', ')}`
}

function appFault(home: string, other: string): string | undefined {
  if (!other.startsWith('apps/') || STARTERS.includes(home.slice('apps/'.length))) return undefined
  return 'an app never uses another app: they meet on the streams'
}

const imports = files.flatMap(({ path, text }) =>
  [...text.matchAll(IMPORT)].map(match => ({ path, to: match[2] ?? '' })),
)
const faults = imports.flatMap(({ path, to }) => {
  const fault = faultOf(path, to)
  return fault === undefined ? [] : [`${path}: imports ${to}: ${fault}`]
})

report('layers', faults, `${imports.length} imports in ${files.length} files`)
