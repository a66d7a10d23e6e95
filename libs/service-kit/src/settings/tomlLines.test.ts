import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'smol-toml'
import { tomlLines } from './tomlLines.ts'

test('finds keys through tables, arrays of tables, dotted keys and values of several lines', () => {
  const document = `a = 1 # [not.a.table]
b.c = "x = 1"
text = """
d = 1
[e]
"""
list = [
  "f = 1", # ]
  'g',
]
"quoted key" = '''h'''
[table]
key = { inline = [1] }
  [table.inner]
  key = 1
[[items]]
name = "first"
[items.detail]
x = 1
[[items]]
name = "second"
`
  assert.deepEqual(Object.fromEntries(tomlLines(document)), {
    a: 1,
    b: 2,
    'b.c': 2,
    text: 3,
    list: 7,
    'quoted key': 11,
    table: 12,
    'table.key': 13,
    'table.inner': 14,
    'table.inner.key': 15,
    'items[0]': 16,
    'items[0].name': 17,
    'items[0].detail': 18,
    'items[0].detail.x': 19,
    'items[1]': 20,
    'items[1].name': 21,
  })
})

test('finds every top-level key of any document, and ends on any text', () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/)
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))
  fc.assert(
    fc.property(fc.dictionary(name, value), table => {
      const found = tomlLines(stringify(table))
      for (const key of Object.keys(table)) assert.ok(found.has(key), key)
    }),
  )
  fc.assert(fc.property(fc.string(), text => tomlLines(text).size >= 0))
})
