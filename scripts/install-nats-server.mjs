// Finds or installs the nats-server that demo, tests and development use. Plain JavaScript without dependencies: it runs
// on a fresh clone, with whatever Node 20+ the machine has.
//
//   node scripts/install-nats-server.mjs           print the path of a usable nats-server, installing one if necessary
//   node scripts/install-nats-server.mjs --floor   also fetch the oldest supported one for the compatibility tests
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TOOLS = join(ROOT, '.tools')
const BIN = join(TOOLS, 'bin', 'nats-server')
const FLOOR = join(TOOLS, 'nats-floor', 'nats-server')
const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.2'
const NEWEST_UNSUPPORTED = [2, 9, 9]

/** Thrown when no way of this machine leads to a nats-server; the message tells what to install. */
export class NatsServerMissing extends Error {}

/** @returns version such as "2.15.2", or undefined when the file is no nats-server that runs here */
export function versionOf(bin) {
  const run = spawnSync(bin, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  return /v(\d+\.\d+\.\d+)/.exec(run.stdout ?? '')?.[1]
}

/** Looks in $NATS_SERVER, .tools/bin and PATH, in this order. */
export function findNatsServer() {
  const named = process.env['NATS_SERVER']
  if (named) return usable(named) ?? fail(`NATS_SERVER=${named} is no nats-server of version 2.9.10 or newer`)
  for (const bin of [BIN, onPath('nats-server')]) {
    const found = bin && existsSync(bin) ? usable(bin) : undefined
    if (found) return found
  }
  return undefined
}

/** Finds nats-server, or installs it with Go or the Debian package. */
export function installNatsServer(say) {
  const found = findNatsServer()
  if (found) return found
  mkdirSync(join(TOOLS, 'bin'), { recursive: true })
  for (const install of [installWithGo, installWithApt]) {
    const installed = install(say) ? usable(BIN) : undefined
    if (installed) return installed
  }
  return fail(
    'no nats-server found and no way to install one. Do one of these and run again: install Go, ' +
      'install the package nats-server of your system, or set NATS_SERVER to the path of a nats-server binary.',
  )
}

/**
 * Fetches Debian's older nats-server for the compatibility tests. Not fatal when it cannot be had.
 * @returns the same as findNatsServer, or undefined
 */
export function installFloor(say) {
  if (existsSync(FLOOR)) return usable(FLOOR)
  const got = extractDebianPackage(FLOOR, say)
  const found = got ? usable(FLOOR) : undefined
  say(
    found
      ? `oldest supported nats-server for tests: ${found.version}`
      : 'no older nats-server here: the tests run with the current one only',
  )
  return found
}

function installWithGo(say) {
  if (!onPath('go')) return false
  say(`installing nats-server with Go (${GO_MODULE.split('@')[1]}, about a minute) ...`)
  const env = { ...process.env, GOBIN: join(TOOLS, 'bin'), CGO_ENABLED: '0' }
  const run = spawnSync('go', ['install', GO_MODULE], { env, encoding: 'utf8', timeout: 600_000 })
  if (run.status !== 0) say(`go install failed: ${lastLine(run)}`)
  return run.status === 0
}

function installWithApt(say) {
  if (!onPath('apt-get') || !onPath('dpkg')) return false
  say('installing nats-server from the Debian package ...')
  return extractDebianPackage(BIN, say)
}

/** Unpacks the Debian package without installing it: needs no root, changes nothing outside .tools. */
function extractDebianPackage(target, say) {
  if (!onPath('apt-get') || !onPath('dpkg')) return false
  mkdirSync(TOOLS, { recursive: true })
  const dir = mkdtempSync(join(TOOLS, 'deb-'))
  try {
    let run = apt(['download', 'nats-server'], dir)
    if (run.status !== 0) {
      apt(['update'], dir)
      run = apt(['download', 'nats-server'], dir)
    }
    const deb = readdirSync(dir).find(name => name.endsWith('.deb'))
    if (run.status !== 0 || !deb) {
      say(`apt-get download nats-server failed: ${lastLine(run)}`)
      return false
    }
    const unpacked = join(dir, 'unpacked')
    if (spawnSync('dpkg', ['-x', join(dir, deb), unpacked]).status !== 0) return false
    const bin = ['usr/sbin/nats-server', 'usr/bin/nats-server'].map(path => join(unpacked, path)).find(existsSync)
    if (!bin) return false
    mkdirSync(join(target, '..'), { recursive: true })
    renameSync(bin, target)
    return true
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function apt(args, cwd) {
  return spawnSync('apt-get', ['-q', ...args], { cwd, encoding: 'utf8', timeout: 180_000 })
}

function usable(bin) {
  const version = versionOf(bin)
  if (!version) return undefined
  const parts = version.split('.').map(Number)
  const at = parts.findIndex((part, i) => part !== NEWEST_UNSUPPORTED[i])
  return at >= 0 && parts[at] > NEWEST_UNSUPPORTED[at] ? { bin, version } : undefined
}

function onPath(name) {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    if (dir && existsSync(join(dir, name))) return join(dir, name)
  }
  return undefined
}

function lastLine(run) {
  return run.error?.message ?? (run.stderr ?? '').trim().split('\n').at(-1) ?? ''
}

function fail(message) {
  throw new NatsServerMissing(message)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = line => console.error(line)
  try {
    const { bin, version } = installNatsServer(say)
    console.log(`${bin} ${version}`)
    if (process.argv.includes('--floor')) installFloor(say)
  } catch (fault) {
    if (!(fault instanceof NatsServerMissing)) throw fault
    console.error(`setup: ${fault.message}`)
    process.exitCode = 1
  }
}
