// Finds or installs promtool, which tests the alerts. Plain JavaScript without dependencies.
//
//   node scripts/install-promtool.mjs    print the path of a usable promtool, installing one if necessary; else nothing
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TOOLS = fileURLToPath(new URL('../.tools', import.meta.url))
const BIN = join(TOOLS, 'bin', 'promtool')
const GO_MODULE = 'github.com/prometheus/prometheus/cmd/promtool@v0.316.0'

/** Looks in $PROMTOOL, .tools/bin and PATH, in this order. */
export function findPromtool() {
  const onPath = (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, 'promtool'))
  return [process.env['PROMTOOL'], BIN, ...onPath].find(bin => bin && existsSync(bin) && runs(bin))
}

/** @returns path, or undefined where this machine has no way to get one; `say` is told why */
export function installPromtool(say) {
  const found = findPromtool()
  if (found) return found
  mkdirSync(join(TOOLS, 'bin'), { recursive: true })
  if (fromDebian(say) || fromGo(say)) return findPromtool()
  return undefined
}

/** Debian's package prometheus holds it. Unpacked without installing: needs no root, changes nothing outside .tools. */
function fromDebian(say) {
  const dir = mkdtempSync(join(TOOLS, 'deb-'))
  try {
    const apt = args => spawnSync('apt-get', ['-q', ...args], { cwd: dir, encoding: 'utf8', timeout: 180_000 })
    say('installing promtool from the Debian package prometheus ...')
    let run = apt(['download', 'prometheus'])
    if (run.status !== 0 && !run.error) {
      apt(['update'])
      run = apt(['download', 'prometheus'])
    }
    const deb = readdirSync(dir).find(name => name.endsWith('.deb'))
    if (run.status !== 0 || !deb) return failed(say, 'apt-get download prometheus', run)
    const unpack = spawnSync('dpkg', ['-x', join(dir, deb), join(dir, 'unpacked')], { encoding: 'utf8' })
    const bin = join(dir, 'unpacked', 'usr/bin/promtool')
    if (unpack.status !== 0 || !existsSync(bin)) return failed(say, 'dpkg -x', unpack)
    renameSync(bin, BIN)
    return runs(BIN)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function fromGo(say) {
  say(`installing promtool with Go (${GO_MODULE.split('@')[1]}, some minutes) ...`)
  const env = { ...process.env, GOBIN: join(TOOLS, 'bin'), CGO_ENABLED: '0' }
  const run = spawnSync('go', ['install', GO_MODULE], { env, encoding: 'utf8', timeout: 900_000 })
  return run.status === 0 ? runs(BIN) : failed(say, 'go install', run)
}

function failed(say, what, run) {
  say(`${what} failed: ${run.error?.message ?? (run.stderr ?? '').trim().split('\n').at(-1)}`)
  return false
}

function runs(bin) {
  return spawnSync(bin, ['--version'], { timeout: 20_000 }).status === 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bin = installPromtool(line => console.error(line))
  if (bin === undefined) console.error('promtool cannot be installed here')
  else console.log(bin)
}
