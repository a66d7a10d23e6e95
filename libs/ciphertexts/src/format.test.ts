import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOf } from './format.ts'

const FORMATS: readonly [ctFormat: string | undefined, format: number][] = [
  ['compressed_on_cpu', 2],
  ['compressed_on_gpu', 2],
  ['uncompressed_on_cpu', 3],
  ['uncompressed_on_gpu', 3],
  ['COMPRESSED_ON_CPU', 3],
  ['', 3],
  [undefined, 3],
]

for (const [ctFormat, format] of FORMATS) {
  test(`Ct-Format ${ctFormat} is ${format}`, () => assert.equal(formatOf(ctFormat), format))
}
