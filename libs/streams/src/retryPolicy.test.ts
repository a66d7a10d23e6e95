import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECRYPTION_RETRY, decideRetry, KEY_MANAGEMENT_RETRY } from './retryPolicy.ts'

const hour = 3_600_000

test('delays grow with the attempt and stay at the last one', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 7, 99].map(n => decideRetry(n, 0, DECRYPTION_RETRY, 0.5))
  assert.deepEqual(
    delays.map(d => (d.kind === 'again' ? d.delayMs : d.kind)),
    [1_000, 1_000, 2_000, 5_000, 15_000, 30_000, 60_000, 60_000, 60_000],
  )
})

test('jitter is a fifth to either side', () => {
  assert.deepEqual(decideRetry(1, 0, DECRYPTION_RETRY, 0), { kind: 'again', delayMs: 800 })
  assert.deepEqual(decideRetry(6, 0, DECRYPTION_RETRY, 0.9999999), { kind: 'again', delayMs: 72_000 })
})

test('a message is given up only when attempts and age are both over the budget', () => {
  assert.equal(decideRetry(10, hour - 1, DECRYPTION_RETRY, 0).kind, 'again')
  assert.equal(decideRetry(9, 2 * hour, DECRYPTION_RETRY, 0).kind, 'again')
  assert.equal(decideRetry(10, hour, DECRYPTION_RETRY, 0).kind, 'exhausted')
})

test('key management is never given up', () => {
  assert.equal(decideRetry(100_000, 1_000 * hour, KEY_MANAGEMENT_RETRY, 0).kind, 'again')
})
