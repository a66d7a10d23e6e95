import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FHE_TYPES } from '@kms-connector/protocol'
import { maxOf, planForNewKey, planRequests } from './planRequests.ts'

test('24 requests cover every type for every kind, both serialisations and both extremes', () => {
  const plan = planRequests(24, () => 0.5)
  const pairs = new Set(plan.map(({ kind, values }) => `${kind} ${values[0]?.fheType.name}`))
  assert.equal(pairs.size, 3 * FHE_TYPES.size)
  const values = plan.flatMap(request => request.values)
  assert.deepEqual(new Set(values.map(v => v.form)), new Set(['seeded', 'expanded']))
  assert.ok(values.some(v => v.value === 0n))
  assert.ok(values.some(v => v.value === maxOf(v.fheType) && v.fheType.bits > 2))
  assert.ok(plan.some(request => request.values.length > 1))
})

test('every value fits its type and every request the limit of the Gateway', () => {
  for (const { values } of planRequests(500, Math.random)) {
    assert.ok(values.length >= 1 && values.length <= 4)
    assert.ok(values.reduce((bits, v) => bits + v.fheType.bits, 0) <= 2048)
    for (const { value, fheType } of values) assert.ok(value >= 0n && value <= maxOf(fheType))
  }
})

test('no request is planned for none', () => {
  assert.deepEqual(planRequests(0, Math.random), [])
})

test('a new key is tried with one value for everybody and for a user', () => {
  const plan = planForNewKey(Math.random)
  assert.deepEqual(
    plan.map(({ kind, values }) => [kind, values.map(({ fheType }) => fheType.name)]),
    [
      ['public', ['uint64']],
      ['user', ['uint64']],
    ],
  )
})
