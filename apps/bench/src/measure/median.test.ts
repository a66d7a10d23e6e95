import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, percentile } from './median.ts'

test('medians of odd, even and no values', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('percentiles are values that were measured', () => {
  const sorted = Array.from({ length: 200 }, (_, i) => i + 1)
  assert.equal(percentile(sorted, 0.5), 100)
  assert.equal(percentile(sorted, 0.99), 198)
  assert.equal(percentile(sorted, 1), 200)
  assert.equal(percentile([5], 0.5), 5)
  assert.ok(Number.isNaN(percentile([], 0.5)))
})
