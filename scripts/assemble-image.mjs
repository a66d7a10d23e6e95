// Puts together the root directory of the production image: node scripts/assemble-image.mjs DIR. It holds Node, the shared
// libraries that Node needs, the built services with their production dependencies, and nothing else: no shell, no package
// manager, no sources, nothing of the devnet. The same files come out whenever and wherever it runs on the same clone, set up
// and built, so that the digest it prints can be compared.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { youngGenerationFlag } from '../libs/service-kit/src/processMemory.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SCOPE = '@kms-connector/'
const USER = 65532
/** All times of all files: a build of yesterday and one of today are the same. */
const EPOCH = Number(process.env['SOURCE_DATE_EPOCH'] ?? 1_735_689_600)
/**
 * Listed as dependencies because something may be compiled against them, or, elliptic with its parts, because the package
 * secp256k1 falls back to it where our own fallback stands; nothing of ours imports them when it runs.
 */
const NEVER_IMPORTED =
  /^(typescript|@typescript\/.*|node-addon-api|elliptic|bn\.js|brorand|hash\.js|hmac-drbg|inherits|minimalistic-.*)$/
/** Of a package, only what runs or grants rights. */
const LEFT_OUT =
  /(\.[cm]?ts|\.map|\.tsbuildinfo|\.md|\.flow|\.test\.[cm]?js|\.gyp)$|^(test|tests|__tests__|benchmarks?|docs|examples?)(\/|$)/i
/** Sources of a native addon, and what was built of them for other platforms. */
const NOT_OF_ADDON = new RegExp(`^(src(/|$)|prebuilds/(?!${process.platform}-${process.arch}(/|$)))`)

class AssemblyFailed extends Error {}

function main() {
  const target = process.argv[2] && resolve(process.argv[2])
  if (!target) throw new AssemblyFailed('usage: node scripts/assemble-image.mjs DIR')
  if (existsSync(target) && readdirSync(target).length > 0) throw new AssemblyFailed(`${target} is not empty`)
  for (const dir of ['app', 'dev', 'etc', 'proc', 'tmp', 'usr/bin']) mkdirSync(join(target, dir), { recursive: true })
  const packages = productionPackages()
  for (const path of packages) installPackage(path, target)
  writeFileSync(join(target, 'app', 'package.json'), '{"name":"kms-connector","private":true,"type":"module"}\n')
  installNode(target)
  installUser(target)
  normalize(target)
  const { digest, bytes, files } = describe(target)
  console.log(
    `${target}: ${packages.length} packages, ${files} files, ${Math.round(bytes / 2 ** 20)} MiB, sha256:${digest}`,
  )
}

/** Folders of our packages and their production dependencies, as npm resolved them. */
function productionPackages() {
  const args = ['ls', '--workspace', `${SCOPE}cli`, '--omit=dev', '--all', '--parseable']
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 })
  const paths = (stdout ?? '')
    .split('\n')
    .filter(path => path.includes('node_modules'))
    .map(path => relative(ROOT, path))
  if (paths.length < 20) throw new AssemblyFailed('npm ls lists no dependencies: run npm run setup first')
  return paths.filter(path => !NEVER_IMPORTED.test(path.slice(path.lastIndexOf('node_modules/') + 13))).sort()
}

function installPackage(path, target) {
  const from = realpathSync(join(ROOT, path))
  const isOurs = path.startsWith(`node_modules/${SCOPE}`)
  if (isOurs && !existsSync(join(from, 'dist')))
    throw new AssemblyFailed(`${path} is not built: run npm run build first`)
  const isAddon = existsSync(join(from, 'binding.gyp'))
  const kept = isOurs ? /^(package\.json|openapi\.json|dist|gen)(\/|$)/ : /./
  cpSync(from, join(target, 'app', path), {
    recursive: true,
    filter: source => {
      const inside = relative(from, source)
      if (inside === '') return true
      // Dependencies of its own are packages of the list.
      const left = LEFT_OUT.test(inside) || (isAddon && NOT_OF_ADDON.test(inside))
      return kept.test(inside) && !/(^|\/)node_modules(\/|$)/.test(inside) && !left
    },
  })
}

/** Node itself, and the libraries that the loader finds on this machine for it and for addons, at the paths it looks for them. */
function installNode(target) {
  const node = process.execPath
  copyFileSync(node, join(target, 'usr', 'bin', 'node'))
  chmodSync(join(target, 'usr', 'bin', 'node'), 0o755)
  const addons = [...walk(join(target, 'app'))].filter(path => path.endsWith('.node') && !path.endsWith('.musl.node'))
  const { stdout } = spawnSync('ldd', [node, ...addons], { encoding: 'utf8' })
  const libraries = [...(stdout ?? '').matchAll(/(\/\S+\.so[\w.-]*)/g)].map(match => match[1])
  if (libraries.length === 0) throw new AssemblyFailed('ldd names no libraries of node')
  for (const library of new Set(libraries)) {
    mkdirSync(join(target, dirname(library)), { recursive: true })
    copyFileSync(realpathSync(library), join(target, library))
  }
  const entry = `#!/usr/bin/node ${youngGenerationFlag()}\nimport "/app/node_modules/@kms-connector/cli/dist/main.js"\n`
  writeFileSync(join(target, 'usr', 'bin', 'kms-connector'), entry)
  chmodSync(join(target, 'usr', 'bin', 'kms-connector'), 0o755)
}

function installUser(target) {
  writeFileSync(join(target, 'etc', 'passwd'), `kms:x:${USER}:${USER}:KMS Connector:/:/nologin\n`)
  writeFileSync(join(target, 'etc', 'group'), `kms:x:${USER}:\n`)
}

function* walk(dir) {
  for (const name of readdirSync(dir).sort()) {
    const path = join(dir, name)
    yield path
    if (lstatSync(path).isDirectory()) yield* walk(path)
  }
}

function normalize(target) {
  for (const path of walk(target)) {
    const stat = lstatSync(path)
    if (!stat.isSymbolicLink()) chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644)
    lutimesSync(path, EPOCH, EPOCH)
  }
  chmodSync(join(target, 'tmp'), 0o1777)
  chmodSync(target, 0o755)
  lutimesSync(target, EPOCH, EPOCH)
}

/** Digest over path, mode and content of every file. */
function describe(target) {
  const hash = createHash('sha256')
  let [bytes, files] = [0, 0]
  for (const path of walk(target)) {
    const stat = lstatSync(path)
    hash.update(`${relative(target, path)}\0${stat.mode.toString(8)}\0`)
    if (stat.isSymbolicLink()) hash.update(readlinkSync(path))
    if (!stat.isFile()) continue
    const content = readFileSync(path)
    hash.update(createHash('sha256').update(content).digest())
    bytes += content.length
    files++
  }
  return { digest: hash.digest('hex'), bytes, files }
}

try {
  main()
} catch (fault) {
  if (!(fault instanceof AssemblyFailed)) throw fault
  console.error(`assemble-image: ${fault.message}`)
  process.exitCode = 1
}
