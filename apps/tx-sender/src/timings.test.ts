import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaseTimes } from './lease.ts'
import { timingsOf } from './timings.ts'

const none = { sendAhead: undefined, resendAfterMs: undefined, stallAfterMs: undefined, burnAfterMs: undefined }

test('without a mempool fees are never raised for time, and a stuck nonce is given up within a minute', () => {
  const { maxBumps, burnAfterMs, resendAfterMs } = timingsOf('none', none)
  assert.deepEqual([maxBumps, burnAfterMs, resendAfterMs], [0, 60_000, 5_000])
})

test('with a mempool fees are raised every three blocks before a nonce is given up', () => {
  const { maxBumps, stallAfterMs, burnAfterMs } = timingsOf('present', none)
  assert.ok(maxBumps * stallAfterMs < burnAfterMs)
})

test('with a mempool no more nonces are on their way at once than geth queues when the first of them is lost', () => {
  assert.ok(timingsOf('present', none).sendAhead <= 64)
})

test('settings go before the profile', () => {
  assert.equal(timingsOf('none', { ...none, sendAhead: 3 }).sendAhead, 3)
  assert.equal(timingsOf('present', { ...none, stallAfterMs: 7 }).stallAfterMs, 7)
})

for (const ageMs of [1_000, 15_000, 300_000]) {
  test(`F15 two senders: with a lease of ${ageMs} ms a holder has several tries and stops before the lease is gone`, () => {
    const { renewMs, fenceMs, tryMs } = leaseTimes(ageMs)
    assert.ok(2 * renewMs < fenceMs && fenceMs < ageMs && tryMs <= 2_000)
  })
}
