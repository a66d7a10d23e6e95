// Finds or installs the `nats` command line tool, which the recipes of docs/operations.md are tested with. Plain JavaScript
// without dependencies.
//
//   node scripts/install-nats-cli.mjs    print the path of a usable tool, installing one if necessary; else nothing
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN_DIR = fileURLToPath(new URL('../.tools/bin', import.meta.url))
const BIN = join(BIN_DIR, 'nats')
const GO_MODULE = 'github.com/nats-io/natscli/nats@v0.5.1'
/** The recipes use `nats backup`, which older ones do not have. */
const OLDEST = [0, 5, 0]

/** Looks in $NATS_CLI, .tools/bin and PATH, in this order. */
export function findNatsCli() {
  const onPath = (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, 'nats'))
  return [process.env['NATS_CLI'], BIN, ...onPath].find(bin => bin && existsSync(bin) && isUsable(bin))
}

/** @returns path, or undefined where this machine has no way to get one; `say` is told why */
export function installNatsCli(say) {
  const found = findNatsCli()
  if (found) return found
  mkdirSync(BIN_DIR, { recursive: true })
  say(`installing the nats tool with Go (${GO_MODULE.split('@')[1]}, about a minute) ...`)
  const env = { ...process.env, GOBIN: BIN_DIR, CGO_ENABLED: '0' }
  const run = spawnSync('go', ['install', GO_MODULE], { env, encoding: 'utf8', timeout: 600_000 })
  if (run.status === 0) return findNatsCli()
  say(`go install failed: ${run.error?.message ?? (run.stderr ?? '').trim().split('\n').at(-1)}`)
  return undefined
}

function isUsable(bin) {
  const run = spawnSync(bin, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  const version = /v?(\d+)\.(\d+)\.(\d+)/
    .exec(run.stdout ?? '')
    ?.slice(1)
    .map(Number)
  if (run.status !== 0 || !version) return false
  const at = version.findIndex((part, i) => part !== OLDEST[i])
  return at < 0 || version[at] > OLDEST[at]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bin = installNatsCli(line => console.error(line))
  if (bin === undefined)
    console.error('the nats tool cannot be had here: install Go, or set NATS_CLI to the path of one')
  else console.log(bin)
}
