import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonWithin } from './jsonDepth.ts'

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

test('accepts what is nested as deep as allowed and no deeper', () => {
  assert.ok(parseJsonWithin(nested(3), 3))
  assert.throws(() => parseJsonWithin(nested(4), 3), RangeError)
  assert.throws(() => parseJsonWithin(`${'{"a":'.repeat(4)}1${'}'.repeat(4)}`, 3), RangeError)
  assert.throws(() => parseJsonWithin('['.repeat(1_000_000)), RangeError)
})

test('brackets in texts do not count, however they are quoted', () => {
  for (const text of ['[[[[[', '"[[[[', '\\"[[[[\\', '\\\\', ']]]][[[[']) {
    assert.deepEqual(parseJsonWithin(JSON.stringify([text]), 1), [text])
    assert.throws(() => parseJsonWithin(JSON.stringify([text, [1]]), 1), RangeError)
  }
})

test('reads what JSON.parse reads, and refuses what it refuses', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), text => {
      let expected: unknown
      try {
        expected = JSON.parse(text)
      } catch {
        return assert.throws(() => parseJsonWithin(text), SyntaxError)
      }
      assert.deepEqual(parseJsonWithin(text), expected)
    }),
  )
})
