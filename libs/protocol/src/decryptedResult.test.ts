import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAbiParameters } from 'viem'
import { encodeDecryptedResult } from './decryptedResult.ts'
import { FHE_TYPES, type FheType } from './fheType.ts'

const typeOf = (number: number): FheType => {
  const found = FHE_TYPES.get(number)
  assert.ok(found)
  return found
}
const little = (value: bigint, length: number) => {
  const bytes = Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
  return new Uint8Array(bytes.reverse())
}

const values: readonly (readonly [number, bigint])[] = [
  [0, 1n],
  [2, 200n],
  [3, 60_000n],
  [4, 4_000_000_000n],
  [5, 123_456_789_012_345n],
  [6, (1n << 100n) + 5n],
  [7, (1n << 150n) + 7n],
  [8, (1n << 250n) + 9n],
]

test('all types together are the ABI parameters of that many uint256', () => {
  const plaintexts = values.map(([type, value]) => ({
    fheType: type,
    bytes: little(value, typeOf(type).plaintextBytes),
  }))
  const encoded = encodeDecryptedResult(
    plaintexts,
    values.map(([type]) => typeOf(type)),
  )
  assert.equal(
    encoded,
    encodeAbiParameters(
      values.map(() => ({ type: 'uint256' as const })),
      values.map(([, v]) => v),
    ),
  )
})

test('plaintexts may be shorter or zero-padded beyond their type', () => {
  assert.equal(BigInt(encodeDecryptedResult([{ fheType: 5, bytes: little(7n, 1) }], [typeOf(5)])), 7n)
  assert.equal(BigInt(encodeDecryptedResult([{ fheType: 2, bytes: little(7n, 32) }], [typeOf(2)])), 7n)
})

const wrong = [
  ['too few plaintexts', [], [5]],
  ['another type', [{ fheType: 2, bytes: little(1n, 1) }], [5]],
  ['bytes beyond the type', [{ fheType: 2, bytes: little(256n, 2) }], [2]],
  ['a bool of 2', [{ fheType: 0, bytes: little(2n, 1) }], [0]],
] as const

for (const [label, plaintexts, types] of wrong) {
  test(`refused: ${label}`, () => {
    assert.throws(() => encodeDecryptedResult(plaintexts, types.map(typeOf)), { code: 'CORE_ANSWER_INVALID' })
  })
}
