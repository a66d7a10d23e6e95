import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRateLimit, retryAfterMs } from './rateLimit.ts'

const refusals: readonly (readonly [who: string, code: number, text: string, limited: boolean])[] = [
  ['Alchemy', 429, 'Your app has exceeded its compute units per second capacity.', true],
  ['Alchemy, other code', -32_000, 'Your app has exceeded its compute units per second capacity.', true],
  ['Infura', -32_005, 'daily request count exceeded, request rate limited', true],
  ['Infura project', -32_005, 'project ID request rate exceeded', true],
  ['QuickNode', -32_007, '50/second request limit reached - reduce calls per second or upgrade', true],
  ['Ankr', -32_029, 'Too many requests, reason: call rate limit exhausted, retry in 10s', true],
  ['drpc', 15, 'Too many request, try again later', true],
  ['a proxy', -32_000, 'slow down', true],
  ['Infura, about one answer', -32_005, 'query returned more than 10000 results', false],
  ['a range', -32_000, 'exceed maximum block range: 5000', false],
  ['logs', -32_005, 'logs limit exceeded: too many requests for logs in one query', false],
  ['a revert', 3, 'execution reverted', false],
  ['geth', -32_000, 'header not found', false],
  ['no text', -32_000, '', false],
]
for (const [who, code, text, limited] of refusals)
  test(`a refusal for too many calls or not: ${who}`, () => assert.equal(isRateLimit(code, text), limited))

test('retry-after is read as seconds or as a date, within reason', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  assert.equal(retryAfterMs('7', now), 7_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:03 GMT', now), 3_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 2025 00:00:00 GMT', now), 0)
  assert.equal(retryAfterMs('999999', now), 3_600_000)
  for (const nothing of [null, 'soon', '']) assert.equal(retryAfterMs(nothing, now), undefined, String(nothing))
})
