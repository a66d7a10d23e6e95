// Writes the documentation that follows from code: error codes, settings, commands, example settings files. `npm run docs` writes,
// `npm run docs:check` fails when a committed file is stale.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedDocs } from './generatedDocs.ts'
import { ROOT } from './repositoryFiles.ts'

const check = process.argv.includes('--check')
let stale = 0

for (const [path, text] of await generatedDocs()) {
  const file = join(ROOT, path)
  const found = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (found === text) continue
  stale++
  if (check) console.error(`${path} is stale: ${firstDifference(found, text)}`)
  else write(file, text)
}
console.log(summary())
if (check && stale > 0) process.exitCode = 1

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function firstDifference(found: string, wanted: string): string {
  const [before, after] = [found.split('\n'), wanted.split('\n')]
  const line = after.findIndex((text, index) => text !== before[index])
  const at = line < 0 ? after.length : line
  return `line ${at + 1}\n- ${before[at] ?? '(end of file)'}\n+ ${after[at] ?? '(end of file)'}`
}

function summary(): string {
  if (!check) return `docs: ${stale} written`
  return stale === 0 ? 'docs: fresh' : `docs: ${stale} stale, run \`npm run docs\``
}
