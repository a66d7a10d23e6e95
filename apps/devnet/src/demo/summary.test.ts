import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FHE_TYPES } from '@kms-connector/protocol'
import { quantile, valueText, verdictLines } from './summary.ts'

test('quantiles of few and of many values', () => {
  assert.equal(quantile([], 0.5), undefined)
  assert.equal(quantile([7], 0.5), 7)
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2)
  assert.equal(
    quantile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.9,
    ),
    90,
  )
  assert.equal(quantile([1, 2, 3], 1), 3)
})

test('values in the words of their types', () => {
  const text = (name: string, value: bigint) => {
    const type = [...FHE_TYPES.values()].find(t => t.name === name)
    assert.ok(type)
    return valueText(type, value)
  }
  assert.equal(text('bool', 1n), 'true')
  assert.equal(text('uint64', (1n << 64n) - 1n), '18446744073709551615')
  assert.equal(text('address', 1n), '0x00000000…0000000001')
  assert.equal(text('uint256', (1n << 256n) - 1n).length, 21)
})

test('checks that fail list what failed, at most twenty', () => {
  const faults = Array.from({ length: 25 }, (_, i) => `fault ${i}`)
  const lines = verdictLines([
    { what: 'fine', faults: [] },
    { what: 'not fine', faults },
  ])
  assert.equal(lines.length, 1 + 1 + 20 + 1)
})
