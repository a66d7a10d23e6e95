// Runs the tests of the repository with node:test: `npm test`, `npm test -- libs/streams keyValue`.
// Arguments select the files whose path contains one of them; arguments that start with `-` go to node.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNatsServer, installFloor } from './install-nats-server.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The Node that package.json pins: it runs TypeScript. */
const NODE = join(ROOT, 'node_modules', '.bin', 'node')
const SKIPPED = new Set(['node_modules', 'dist', '.turbo'])

const flags = process.argv.slice(2).filter(arg => arg.startsWith('-') && arg !== '--')
const filters = process.argv.slice(2).filter(arg => !arg.startsWith('-'))
const files = ['libs', 'apps', 'test']
  .flatMap(folder => testFiles(join(ROOT, folder)))
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .sort()

if (files.length === 0) {
  console.error(`no test file matches ${filters.join(' ')}`)
  process.exitCode = 1
} else {
  const env = { ...process.env }
  const server = findNatsServer()
  if (server) env.NATS_SERVER = server.bin
  const floor = process.env['NATS_SERVER_FLOOR'] ? undefined : installFloor(line => console.error(`setup: ${line}`))
  if (floor) env.NATS_SERVER_FLOOR = floor.bin
  run(env)
}

function testFiles(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : testFiles(path)
    return entry.name.endsWith('.test.ts') ? [relative(ROOT, path)] : []
  })
}

function run(env) {
  const preload = new URL('end-test-process.mjs', import.meta.url).href
  const options = ['--conditions=kms-source', `--import=${preload}`, '--test']
  options.push('--test-concurrency=2', '--test-timeout=600000')
  const child = spawn(NODE, [...options, ...flags, ...files], { cwd: ROOT, env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', code => {
    process.exitCode = code ?? 1
  })
}
