import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeText } from './sizes.ts'

test('bytes in their largest unit', () => {
  const cases = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [3 * 1024 ** 5, '3072.0 TiB'],
  ] as const
  for (const [bytes, text] of cases) assert.equal(sizeText(bytes), text)
})
