import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RangeSize } from './rangeSize.ts'

const times = (count: number, step: () => void) => Array.from({ length: count }).forEach(step)

test('an estimate halves down to one block and grows back to its maximum', () => {
  const size = new RangeSize(100)
  const sizes: number[] = []
  while (size.current > 1) {
    assert.equal(size.refused({ kind: 'too-large' }, size.current), true)
    sizes.push(size.current)
  }
  assert.deepEqual(sizes, [50, 25, 12, 6, 3, 1])
  assert.equal(size.refused({ kind: 'too-large' }, 1), false)
  times(1000, () => size.grow())
  assert.equal(size.current, 100)
})

test('near the head it is the range that failed which is halved; one block says nothing about ranges', () => {
  const size = new RangeSize(100)
  size.refused({ kind: 'other' }, 1)
  assert.equal(size.current, 100)
  assert.equal(size.refused({ kind: 'other' }, 20), false)
  assert.equal(size.current, 10)
})

test('a confirmed limit is never tried again, a suggestion is', () => {
  const size = new RangeSize(10_000)
  assert.equal(size.refused({ kind: 'suggested', blocks: 22 }, 10_000), true)
  assert.equal(size.current, 22)
  times(1000, () => size.grow())
  assert.equal(size.current, 10_000)
  assert.equal(size.refused({ kind: 'confirmed', blocks: 500 }, 10_000), true)
  times(1000, () => size.grow())
  assert.equal(size.current, 500)
})

test('no provider raises what the operator allows', () => {
  const size = new RangeSize(10)
  size.refused({ kind: 'suggested', blocks: 5_000 }, 10_000)
  assert.equal(size.current, 10)
  size.refused({ kind: 'confirmed', blocks: 5_000 }, 10_000)
  assert.equal(size.current, 10)
})

test('too many calls do not become more', () => {
  const size = new RangeSize(100)
  assert.equal(size.refused({ kind: 'too-many-calls' }, 100), false)
  assert.equal(size.current, 100)
})
