import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { FHE_TYPES, requestIdOf } from '@kms-connector/protocol'
import { type BlobForm, TfheKeys, UndecryptableError } from '../../apps/devnet/src/core/index.ts'
import { ALL_TYPES, KEYS, SEED, sampleOf, typeNamed } from './coreClient.ts'

const FORMS: readonly BlobForm[] = ['seeded', 'expanded']

test('every type survives encryption and decryption in both forms', () => {
  assert.equal(FHE_TYPES.size, 8)
  for (const type of ALL_TYPES) {
    const max = type.name === 'bool' ? 1n : (1n << BigInt(type.bits)) - 1n
    for (const form of FORMS) {
      for (const value of [0n, sampleOf(type), max]) {
        assert.equal(KEYS.decrypt(KEYS.encrypt(value, type, form), type), value, `${type.name} ${form} ${value}`)
      }
    }
  }
})

test('the same seed gives the same key, another seed or id another one', () => {
  const type = typeNamed('uint256')
  const blob = KEYS.encrypt(sampleOf(type), type)
  assert.equal(TfheKeys.derive(SEED).decrypt(blob, type), sampleOf(type))
  assert.notEqual(TfheKeys.derive('another seed').decrypt(blob, type), sampleOf(type))
  assert.notEqual(TfheKeys.derive(SEED, requestIdOf(7n)).decrypt(blob, type), sampleOf(type))
})

test('a ciphertext of another type or width is refused', () => {
  for (const form of FORMS) {
    for (const made of ALL_TYPES) {
      const blob = KEYS.encrypt(1n, made, form)
      for (const asked of ALL_TYPES.filter(type => type !== made)) {
        assert.throws(() => KEYS.decrypt(blob, asked), UndecryptableError, `${made.name} as ${asked.name}`)
      }
    }
  }
})

test('values outside their type are not encrypted', () => {
  for (const type of ALL_TYPES) {
    const tooLarge = type.name === 'bool' ? 2n : 1n << BigInt(type.bits)
    assert.throws(() => KEYS.encrypt(tooLarge, type), RangeError)
    assert.throws(() => KEYS.encrypt(-1n, type), RangeError)
  }
})

test('garbage is refused with a clean error and the key still works afterwards', () => {
  const type = typeNamed('uint8')
  const good = KEYS.encrypt(5n, type)
  const truncated = good.subarray(0, good.length - 1)
  const wrongName = Buffer.from(good)
  wrongName.write('X', 40, 'latin1')
  const manyBlocks = Buffer.from(good)
  manyBlocks.writeBigUInt64LE(1n << 60n, 34 + 33 + 16)
  for (const bytes of [
    new Uint8Array(),
    randomBytes(20),
    randomBytes(663),
    truncated,
    wrongName,
    manyBlocks,
    Buffer.concat([good, good]),
  ]) {
    assert.throws(() => KEYS.decrypt(bytes, type), UndecryptableError)
  }
  const hugeMask = Buffer.from(good)
  hugeMask.writeBigUInt64LE(1n << 31n, 34 + 33 + 44 + 140)
  assert.throws(() => KEYS.decrypt(hugeMask, type), /LWE size/)
  const damaged = Buffer.from(good)
  damaged.fill(0xff, 100, 120)
  assert.throws(() => KEYS.decrypt(damaged, type), UndecryptableError)
  assert.equal(KEYS.decrypt(good, type), 5n)
})
