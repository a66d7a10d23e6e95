import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawLog } from '@kms-connector/gateway'
import { RangeSize, sizeOf } from './rangeSize.ts'

const AIMED_AT = 512 * 1024
const PLACE: Omit<RawLog, 'data'> = {
  address: '0x',
  topics: [],
  blockNumber: 1,
  blockHash: '0x',
  transactionHash: '0x',
  logIndex: 0,
  blockTimestamp: undefined,
}

/** One whose beginning is over. */
function warm(max: number): RangeSize {
  const size = new RangeSize(max)
  times(20, () => size.served(1, 0))
  return size
}

const times = (count: number, step: () => void) => Array.from({ length: count }).forEach(step)

test('an estimate halves down to one block and grows back to its maximum', () => {
  const size = warm(100)
  const sizes: number[] = []
  while (size.current > 1) {
    assert.equal(size.refused({ kind: 'too-large' }, size.current), true)
    sizes.push(size.current)
  }
  assert.deepEqual(sizes, [50, 25, 12, 6, 3, 1])
  assert.equal(size.refused({ kind: 'too-large' }, 1), false)
  times(1000, () => size.served(1, 0))
  assert.equal(size.current, 100)
})

test('near the head it is the range that failed which is halved; one block says nothing about ranges', () => {
  const size = warm(100)
  size.refused({ kind: 'other' }, 1)
  assert.equal(size.current, 100)
  assert.equal(size.refused({ kind: 'other' }, 20), false)
  assert.equal(size.current, 10)
})

test('a confirmed limit is never tried again, a suggestion is', () => {
  const size = warm(10_000)
  assert.equal(size.refused({ kind: 'suggested', blocks: 22 }, 10_000), true)
  assert.equal(size.current, 22)
  times(1000, () => size.served(1, 0))
  assert.equal(size.current, 10_000)
  assert.equal(size.refused({ kind: 'confirmed', blocks: 500 }, 10_000), true)
  times(1000, () => size.served(1, 0))
  assert.equal(size.current, 500)
})

test('no provider raises what the operator allows', () => {
  const size = warm(10)
  size.refused({ kind: 'suggested', blocks: 5_000 }, 10_000)
  assert.equal(size.current, 10)
  size.refused({ kind: 'confirmed', blocks: 5_000 }, 10_000)
  assert.equal(size.current, 10)
})

test('too many calls do not become more', () => {
  const size = warm(100)
  assert.equal(size.refused({ kind: 'too-many-calls' }, 100), false)
  assert.equal(size.current, 100)
})

test('the first ranges are short, because nobody knows how full the blocks are', () => {
  const size = new RangeSize(100)
  const sizes = [32, 64, 100, 100].map(() => {
    const { current } = size
    size.served(current, 0)
    return current
  })
  assert.deepEqual(sizes, [32, 64, 100, 100])
  assert.equal(new RangeSize(3).current, 3)
})

test('full blocks are read a few at a time, down to one, and emptier ones soon more at once again', () => {
  const size = warm(100)
  size.served(100, 10 * AIMED_AT)
  assert.equal(size.current, 10)
  size.served(10, 50 * AIMED_AT)
  assert.equal(size.current, 1)
  size.served(1, 50 * AIMED_AT)
  assert.equal(size.current, 1)
  const sizes = Array.from({ length: 7 }, () => {
    size.served(size.current, size.current)
    return size.current
  })
  assert.deepEqual(sizes, [2, 4, 8, 16, 32, 64, 100])
})

test('what the provider takes and what the blocks hold are both obeyed', () => {
  const size = warm(100)
  size.refused({ kind: 'confirmed', blocks: 20 }, 100)
  size.served(20, AIMED_AT / 2)
  assert.equal(size.current, 20)
  size.served(20, 4 * AIMED_AT)
  assert.equal(size.current, 5)
})

test('a log counts with its data and with what it takes without any', () => {
  const log = (data: `0x${string}`) => ({ ...PLACE, data }) satisfies RawLog
  assert.equal(sizeOf([]), 0)
  assert.equal(sizeOf([log('0x'), log(`0x${'00'.repeat(1_000)}`)]), 2 * sizeOf([log('0x')]) + 2_000)
})
