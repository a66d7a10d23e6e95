import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const MODULE = new URL('heapGrowth.ts', import.meta.url).href

test('V8 knows the flag: it complains about others on standard error', async () => {
  const run = (program: string) =>
    promisify(execFile)(process.execPath, ['--conditions=kms-source', '--input-type=module', '--eval', program])
  const known = await run(`import { boundHeapGrowth } from '${MODULE}'; boundHeapGrowth()`)
  assert.equal(known.stderr, '')
  const unknown = await run(`import v8 from 'node:v8'; v8.setFlagsFromString('--heap-growing-per-cent=60')`)
  assert.match(unknown.stderr, /unrecognized flag/)
})
