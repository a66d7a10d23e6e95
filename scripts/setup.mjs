// Brings a clone into a state where everything runs: dependencies and a nats-server (with --dependencies-only no nats-server).
// Idempotent, silent when there is nothing to do. Plain JavaScript without dependencies: it runs before the dependencies are there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNatsServer, NatsServerMissing } from './install-nats-server.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LOCK = join(ROOT, 'package-lock.json')
const STAMP = join(ROOT, 'node_modules', '.setup-stamp')
/** Written by npm at the end of every install: newer than our lock file means that somebody installed by hand. */
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json')

/** Thrown when set-up cannot go on; the message is for the person at the terminal. */
export class SetupFailed extends Error {}

/**
 * @param say receives one short line for each thing that is done
 * @returns the nats-server to use
 * @throws SetupFailed
 */
export function setUp(say) {
  let changed = false
  const report = line => {
    changed = true
    say(line)
  }
  installDependencies(report)
  try {
    const found = installNatsServer(report)
    if (changed) say(`using nats-server ${found.version}: ${found.bin}`)
    return found
  } catch (fault) {
    if (fault instanceof NatsServerMissing) throw new SetupFailed(fault.message)
    throw fault
  }
}

function installDependencies(say) {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return
  if (!installedByHand()) {
    say('installing dependencies (npm ci) ...')
    let run = npm('ci')
    if (run.status !== 0 && /EUSAGE/.test(`${run.stdout}${run.stderr}`)) {
      // `npm ci` insists on optional packages of every platform in the lock file, and a lock file written on one platform
      // may lack those of others. This installs what is locked, and looks up only what this platform needs beyond it.
      say('installing dependencies (npm install, the lock file lacks packages of other platforms) ...')
      run = npm('install', '--no-save')
    }
    if (run.status !== 0) throw new SetupFailed(`npm failed\n${run.error?.message ?? `${run.stdout}${run.stderr}`}`)
  }
  writeFileSync(STAMP, digest)
}

function npm(...args) {
  const options = { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 64 * 1024 * 1024 }
  return spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], options)
}

function installedByHand() {
  return existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = line => console.log(`setup: ${line}`)
  try {
    if (process.argv.includes('--dependencies-only')) installDependencies(say)
    else setUp(say)
  } catch (fault) {
    if (!(fault instanceof SetupFailed)) throw fault
    console.error(`setup: ${fault.message}`)
    process.exitCode = 1
  }
}
