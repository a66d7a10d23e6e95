import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from './tokenBucket.ts'

test('a burst is allowed, then the rate', () => {
  const bucket = new TokenBucket(10, 3, 0)
  assert.deepEqual(
    [0, 0, 0].map(now => bucket.take(1, now)),
    [0, 0, 0],
  )
  assert.equal(bucket.take(1, 0), 100)
  assert.ok(bucket.take(1, 99) > 0)
  assert.equal(bucket.take(1, 101), 0)
})

test('a clock that stands still or goes back gives nothing', () => {
  const bucket = new TokenBucket(10, 1, 1_000)
  assert.equal(bucket.take(1, 1_000), 0)
  assert.equal(bucket.take(1, 500), 100)
})

test('never more than capacity and rate allow', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 5 })), { maxLength: 100 }), steps => {
      const bucket = new TokenBucket(20, 5, 0)
      let now = 0
      let taken = 0
      for (const [pause, cost] of steps) {
        now += pause
        if (bucket.take(cost, now) === 0) taken += cost
      }
      assert.ok(taken <= 5 + (now / 1_000) * 20 + 1e-6)
    }),
  )
})
