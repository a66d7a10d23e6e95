import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gasLimit } from './gasLimit.ts'

test('a public decryption estimated before the threshold can afford to cross it with 13 nodes', () => {
  assert.ok(gasLimit('publicDecryptionResponse', 237_000n, 0) >= 365_000n + 20_000n)
})

test('a large estimate is padded by percentage', () => {
  assert.equal(gasLimit('publicDecryptionResponse', 2_000_000n, 0), 2_600_000n)
})

test('a key management answer never gets less than a million', () => {
  assert.equal(gasLimit('keygenResponse', 141_000n, 0), 1_000_000n)
  assert.equal(gasLimit('prepKeygenResponse', 400_000n, 0), 1_600_000n)
})

test('every reverted transaction doubles the limit, up to eight times', () => {
  const first = gasLimit('userDecryptionResponse', 230_000n, 0)
  assert.equal(gasLimit('userDecryptionResponse', 230_000n, 1), first * 2n)
  assert.equal(gasLimit('userDecryptionResponse', 230_000n, 9), first * 8n)
})
