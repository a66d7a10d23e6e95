import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from '@kms-connector/protocol'
import { bloomVerdict } from './logsBloom.ts'

const contract: Hex = '0x95222290dd7278aa3ddd389cc1e1d165cc4bafe5'
const topic: Hex = `0x${'cc'.repeat(32)}`
/** Bits that the yellow paper's function gives for the address and the topic, computed by hand from their keccak256. */
const bits = (...positions: readonly number[]): Hex =>
  `0x${positions
    .reduce((all, at) => all | (1n << BigInt(at)), 0n)
    .toString(16)
    .padStart(512, '0')}`

test('the bits of an address are those of the published example', () => {
  // Log bloom of one address alone, from the test vectors of the execution specification's bloom filter.
  const zero: Hex = `0x${'00'.repeat(20)}`
  const hashOfZeroAddress = '5380c7b7ae81a58eb98d9c78de4a1fd7fd9535fc953ed2be602daaa41767312a'
  const positions = [0, 4, 8].map(at => Number.parseInt(hashOfZeroAddress.slice(at, at + 4), 16) & 2047)
  assert.equal(bloomVerdict(bits(...positions), [zero], [zero]), 'maybe')
  for (const left of positions) {
    const others = positions.filter(at => at !== left)
    assert.equal(bloomVerdict(bits(...others), [zero], [zero]), 'none', `without bit ${left}`)
  }
})

test('address and topic must both be there', () => {
  const all = `0x${'7'.repeat(512)}` as const
  assert.equal(bloomVerdict(bits(1), [contract], [topic]), 'none')
  assert.equal(bloomVerdict(all, [], [topic]), 'none')
  assert.equal(bloomVerdict(all, [contract], []), 'none')
})

for (const [label, bloom] of [
  ['missing', undefined],
  ['too short', '0x01'],
  ['all zeros', `0x${'0'.repeat(512)}`],
  ['all ones', `0x${'f'.repeat(512)}`],
] as const) {
  test(`a bloom filter that says nothing: ${label}`, () =>
    assert.equal(bloomVerdict(bloom, [contract], [topic]), 'unusable'))
}
