import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteRangeOf } from './byteRange.ts'
import { S3Error } from './s3Error.ts'

const RANGES: readonly [header: string | undefined, size: number, range: readonly [number, number] | undefined][] = [
  [undefined, 10, undefined],
  ['bytes=0-3', 10, [0, 3]],
  ['bytes=4-', 10, [4, 9]],
  ['bytes=-3', 10, [7, 9]],
  ['bytes=-30', 10, [0, 9]],
  ['bytes=8-30', 10, [8, 9]],
  ['bytes=5-2', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=0-1,4-5', 10, undefined],
  ['lines=0-1', 10, undefined],
]

for (const [header, size, range] of RANGES) {
  test(`${header} of ${size}`, () => {
    const expected = range && { first: range[0], last: range[1] }
    assert.deepEqual(byteRangeOf(header, size), expected)
  })
}

test('a range behind the end is refused', () => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) assert.throws(() => byteRangeOf(header, 10), S3Error)
})
