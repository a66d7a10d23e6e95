import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHandle } from './handle.ts'
import type { Hex } from './hex.ts'

const handle = (chain: string, type: string, version = '00'): Hex => `0x${'5a'.repeat(21)}ff${chain}${type}${version}`

test('chain id and type are read from bytes 22-29 and 30', () => {
  const { chainId, fheType } = parseHandle(handle('0000000000003039', '05'))
  assert.equal(chainId, 12345n)
  assert.equal(fheType.name, 'uint64')
})

test('a chain id may use all eight bytes', () => {
  assert.equal(parseHandle(handle('ffffffffffffffff', '00')).chainId, (1n << 64n) - 1n)
})

const malformed: readonly (readonly [string, string])[] = [
  ['too short', '0x1234'],
  ['no hex', `0x${'zz'.repeat(32)}`],
  ['upper case', handle('0000000000003039', '05').toUpperCase()],
  ['Uint4, which the contracts refuse', handle('0000000000003039', '01')],
  ['a type that does not exist', handle('0000000000003039', 'fe')],
  ['an unknown version', handle('0000000000003039', '05', '01')],
]

for (const [label, text] of malformed) {
  // CAST: the point is what happens to text that is no handle
  test(`malformed: ${label}`, () => assert.throws(() => parseHandle(text as Hex), { code: 'HANDLE_MALFORMED' }))
}
