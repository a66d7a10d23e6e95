import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { shardOf } from './shard.ts'

const publicDecryption = 1n << 248n

test('consecutive counters go round the Cores', () => {
  const shards = [0n, 1n, 2n, 3n, 4n, 5n].map(n => shardOf(requestIdOf(publicDecryption + n), 3))
  assert.deepEqual(shards, [1, 2, 0, 1, 2, 0])
})

test('all 256 bits count, not only those a double can hold', () => {
  const above2to53 = (1n << 200n) + 1n
  assert.equal(shardOf(requestIdOf(above2to53), 7), Number(above2to53 % 7n))
})

test('one Core takes everything', () => {
  assert.equal(shardOf(requestIdOf((1n << 256n) - 1n), 1), 0)
})
