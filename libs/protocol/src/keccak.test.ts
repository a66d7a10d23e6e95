import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keccak256 as viemKeccak256 } from 'viem'
import { hexOf } from './hex.ts'
import { keccak256 } from './keccak.ts'

test('the hash of nothing is the known one', () => {
  const nothing = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
  assert.equal(hexOf(keccak256(new Uint8Array())), nothing)
})

test('hashes what viem hashes, whatever was hashed before', () => {
  // Blocks have 136 bytes.
  const lengths = fc.oneof(fc.nat(140), fc.constantFrom(135, 136, 137, 271, 272, 273), fc.nat(40_000))
  const bytes = lengths.chain(length => fc.uint8Array({ minLength: length, maxLength: length }))
  fc.assert(
    fc.property(bytes, some => assert.equal(hexOf(keccak256(some)), viemKeccak256(some))),
    { numRuns: 300 },
  )
})

test('a hash is a copy: the next one leaves it alone', () => {
  const [one, same] = [keccak256(Uint8Array.of(1)), keccak256(Uint8Array.of(1))]
  keccak256(Uint8Array.of(2))
  assert.deepEqual(one, same)
})
