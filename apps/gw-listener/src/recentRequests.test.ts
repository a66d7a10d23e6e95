import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11, OperationTable, requestIdOf } from '@kms-connector/protocol'
import { RecentRequests, type Sighting } from './recentRequests.ts'

const operation = new OperationTable(OPERATIONS_V0_11).named('public-decryption')
const seen = (id: number, block: number): Sighting => ({
  operation,
  id: requestIdOf(BigInt(id)),
  block,
  blockHash: '0x01',
})
const numbers = (sightings: readonly Sighting[]) => sightings.map(({ id }) => Number(`0x${id}`))

test('requests of a dead branch that do not come again are told once, when the new branch is longer', () => {
  const recent = new RecentRequests(10)
  for (const [id, block] of [
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 7],
  ] as const)
    recent.note(seen(id, block))
  assert.equal(recent.branched(5, 7), 3)
  recent.note(seen(3, 6))
  assert.deepEqual(recent.vanished(7), [])
  assert.deepEqual(numbers(recent.vanished(8)), [2, 4])
  assert.deepEqual(recent.vanished(9), [])
})

test('what is read again is remembered at its new block', () => {
  const recent = new RecentRequests(10)
  recent.note(seen(1, 9))
  recent.note(seen(1, 4))
  assert.equal(recent.branched(5, 9), 0)
})

test('memory is bounded', () => {
  const recent = new RecentRequests(3)
  for (let id = 1; id <= 10; id++) recent.note(seen(id, 8))
  assert.equal(recent.branched(5, 8), 3)
})
