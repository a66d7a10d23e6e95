import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readTomlFiles } from './tomlFiles.ts'

const dir = mkdtempSync(join(tmpdir(), 'kms-connector-toml-'))
after(() => rmSync(dir, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

const A = file('a.toml', 'url = "a"\n[streams]\nreplicas = 1\nage = "1h"\n[[chains]]\nid = 1\n')
const B = file('b.toml', '\nurl = "b"\n[streams]\nreplicas = 3\n')

test('a later file overrides an earlier one, table by table, and the source of a value is the file that counts', () => {
  const toml = readTomlFiles([A, B])
  assert.ok('table' in toml)
  assert.deepEqual(JSON.parse(JSON.stringify(toml.table)), {
    url: 'b',
    streams: { replicas: 3, age: '1h' },
    chains: [{ id: 1 }],
  })
  assert.equal(toml.where('url'), `${B}:2`)
  assert.equal(toml.where('streams.replicas'), `${B}:4`)
  assert.equal(toml.where('streams.age'), `${A}:4`)
  assert.equal(toml.where('chains[0].id'), `${A}:6`)
})

test('no file is an empty one, and a file that cannot be read is named', () => {
  const none = readTomlFiles([])
  assert.ok('table' in none)
  assert.deepEqual(none.table, {})
  assert.equal(none.where('url'), 'settings')
  const missing = readTomlFiles([A, join(dir, 'none.toml')])
  assert.ok('problem' in missing)
  assert.match(missing.where, /none\.toml$/)
})
