import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerDrift, streamDrift } from './drift.ts'

const plan = { name: 'S', subjects: ['a.>', 'b.>'], max_age: 5, retention: 'limits', deny_purge: false }

test('what the server omits equals off, and the order of subjects does not matter', () => {
  const echoed = { name: 'S', subjects: ['b.>', 'a.>'], max_age: 5, retention: 'limits', extra: 1 }
  assert.deepEqual(streamDrift(plan, echoed), [])
})

test('a field the server ignored is drift', () => {
  const drift = streamDrift(plan, { name: 'S', subjects: ['a.>', 'b.>'], retention: 'limits' })
  assert.deepEqual(drift, [{ name: 'S', field: 'max_age', expected: '5', found: 'unset', immutable: false }])
})

test('retention of a stream and deliver policy of a consumer cannot be changed', () => {
  const [stream] = streamDrift(plan, { ...plan, retention: 'workqueue' })
  assert.equal(stream?.immutable, true)
  const worker = { durable_name: 'w', deliver_policy: 'all', ack_wait: 1 }
  const drift = consumerDrift('S', worker, { durable_name: 'w', deliver_policy: 'new', ack_wait: 2 })
  assert.deepEqual(
    drift.map(d => [d.name, d.field, d.immutable]),
    [
      ['S/w', 'deliver_policy', true],
      ['S/w', 'ack_wait', false],
    ],
  )
})
