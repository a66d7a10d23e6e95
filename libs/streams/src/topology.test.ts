import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationName } from './names.ts'
import { DEFAULT_TOPOLOGY, topologyOf } from './topology.ts'

const operations: OperationName[] = [
  { name: 'public-decryption', group: 'decryption' },
  { name: 'prep-keygen', group: 'key-management' },
]
const topology = topologyOf(operations, DEFAULT_TOPOLOGY)
const stream = (name: string) => topology.streams.find(s => s.name === name) ?? assert.fail(`no stream ${name}`)
const hours = (n: number) => n * 3_600_000 * 1_000_000

test('one stream an operation, three for results, four buckets, one worker consumer an operation', () => {
  assert.deepEqual(
    topology.streams.map(s => s.name),
    [
      'PUBLIC_DECRYPTION',
      'PREP_KEYGEN',
      'RESPONSES',
      'OUTCOMES',
      'DEAD_LETTERS',
      'KV_last_block_polled',
      'KV_tx_slots',
      'KV_sender',
      'KV_sender_lease',
    ],
  )
  assert.deepEqual(
    topology.consumers.map(c => c.stream),
    ['PUBLIC_DECRYPTION', 'PREP_KEYGEN'],
  )
})

test('requests and responses keep one message a subject and refuse when full', () => {
  for (const name of ['PUBLIC_DECRYPTION', 'PREP_KEYGEN', 'RESPONSES']) {
    const plan = stream(name)
    assert.equal(plan.discard, 'new')
    assert.equal(plan.discard_new_per_subject, true)
    assert.equal(plan.max_msgs_per_subject, 1)
    assert.equal(plan.retention, 'limits')
  }
  assert.equal(stream('OUTCOMES').discard, 'old')
  assert.equal(stream('DEAD_LETTERS').max_msgs_per_subject, -1)
})

test('every stream has a byte cap, and the age of its kind', () => {
  assert.ok(topology.streams.every(s => (s.max_bytes ?? 0) > 0))
  assert.equal(stream('PUBLIC_DECRYPTION').max_age, hours(48))
  assert.equal(stream('PREP_KEYGEN').max_age, hours(30 * 24))
  assert.equal(stream('OUTCOMES').max_age, hours(7 * 24))
  assert.equal(stream('DEAD_LETTERS').max_age, 0)
})
