// Runs a command in a clone that is set up and, on request, built: `node scripts/with-setup.mjs [build] -- node FILE args`.
// The command sees node_modules/.bin first on PATH, so `node` is the Node that package.json pins. What npm appends
// (`npm run demo -- --requests 3`) lands at the end of the command.
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupFailed, setUp } from './setup.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const split = process.argv.indexOf('--')
const steps = process.argv.slice(2, split < 0 ? 2 : split)
const command = split < 0 ? [] : process.argv.slice(split + 1)

const env = {
  ...process.env,
  PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
}

try {
  if (command.length === 0) throw new SetupFailed('usage: node scripts/with-setup.mjs [build] -- COMMAND args...')
  setUp(line => console.error(`setup: ${line}`))
  if (steps.includes('build')) build()
  run(command)
} catch (fault) {
  if (!(fault instanceof SetupFailed)) throw fault
  console.error(fault.message)
  process.exitCode = 1
}

function build() {
  const options = { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
  const result = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only'], options)
  if (result.status === 0) return
  throw new SetupFailed(`build failed\n${result.error?.message ?? `${result.stdout}${result.stderr}`}`)
}

function run([file, ...args]) {
  const child = spawn(file, args, { cwd: ROOT, env, stdio: 'inherit' })
  // A terminal sends Ctrl-C to the whole foreground group, the child included; a second copy would read as "at once".
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', fault => {
    console.error(`cannot run ${file}: ${fault.message}`)
    process.exitCode = 127
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}
