/** Generates the code of proto/ into a temporary folder and fails with a diff when the committed code is stale. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const committed = 'libs/kms-client/gen'
const fresh = mkdtempSync(join(tmpdir(), 'kms-client-gen-'))

/** @returns exit code of the command; its output goes to the terminal */
function run(command, ...args) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (result.error) throw result.error
  return result.status ?? 1
}

try {
  process.exitCode =
    run('buf', 'lint') ||
    run('buf', 'generate', '--output', fresh) ||
    run('diff', '-ru', committed, join(fresh, committed))
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
if (process.exitCode === 0) process.stdout.write(`${committed} is what proto/ generates\n`)
else process.stderr.write(`${committed} is stale: run "npm run generate -w libs/kms-client" and commit the result\n`)
