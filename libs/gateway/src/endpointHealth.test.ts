import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  answered,
  contradicted,
  type EndpointHealth,
  failed,
  isPaused,
  lagOf,
  NEW_ENDPOINT,
  probed,
  rateLimited,
  referenceHead,
} from './endpointHealth.ts'

const right: EndpointHealth = { ...NEW_ENDPOINT, chain: 'right' }
const times = <T>(count: number, step: (value: T) => T, start: T): T =>
  Array.from({ length: count }).reduce<T>(value => step(value), start)

test('two failures are bad luck, the third begins a pause, and every later one doubles it up to a minute', () => {
  const twice = times(2, h => failed(h, 0), right)
  assert.equal(twice.pause, undefined)
  let [health, now] = [twice, 0]
  const pauses: number[] = []
  for (let i = 0; i < 9; i++) {
    health = failed(health, now)
    pauses.push(health.pause?.ms ?? 0)
    now = health.pause?.until ?? 0
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('a hundred calls that fail together count as what they are: one outage', () => {
  const health = times(100, h => failed(h, 0), right)
  assert.deepEqual(health.pause, { why: 'failing', until: 1_000, ms: 1_000 })
  assert.ok(health.stability > 0.7, `${health.stability}`)
})

test('an answer ends a pause for silence, not one for limits or lies', () => {
  assert.equal(
    answered(
      times(3, h => failed(h, 0), right),
      5,
    ).pause,
    undefined,
  )
  assert.ok(isPaused(answered(rateLimited(right, 0), 5), 1))
  assert.ok(isPaused(answered(contradicted(right, 0), 5), 1))
})

test('limits pause for twice as long each time, never for less than was asked, and calm is forgiven', () => {
  const first = rateLimited(right, 0)
  assert.deepEqual(first.pause, { why: 'rate-limited', until: 1_000, ms: 1_000 })
  assert.equal(rateLimited(first, 500), first)
  const second = rateLimited(first, 1_000)
  assert.equal(second.pause?.ms, 2_000)
  assert.equal(rateLimited(answered(second, 1), 3_000).pause?.ms, 4_000)
  assert.equal(rateLimited(second, 3_000, 30_000).pause?.ms, 30_000)
  assert.equal(rateLimited(second, 3_000 + 300_001).pause?.ms, 1_000)
  let [health, now] = [first, 1_000]
  for (let i = 0; i < 20; i++) {
    health = rateLimited(health, now)
    now = health.pause?.until ?? 0
  }
  assert.equal(health.pause?.ms, 300_000)
})

test('what a liar said about its head is forgotten', () => {
  const seen = probed(right, { chain: 1n, block: 1_000_000, syncing: false }, 1n, 0)
  assert.equal(contradicted(seen, 1).head, undefined)
})

test('a probe learns the chain, the head and whether the node is syncing', () => {
  const wrong = probed(right, { chain: 5n, block: 9, syncing: false }, 1n, 7)
  assert.deepEqual([wrong.chain, wrong.wrongChain], ['wrong', 5n])
  const again = probed(wrong, { chain: 1n, block: 9, syncing: true }, 1n, 7)
  assert.partialDeepStrictEqual(again, {
    chain: 'right',
    wrongChain: undefined,
    syncing: true,
    head: { block: 9, at: 7 },
  })
})

const at = (block: number, more: Partial<EndpointHealth> = {}): EndpointHealth => ({
  ...right,
  head: { block, at: 0 },
  ...more,
})
const paused = { pause: { why: 'failing', until: 10, ms: 10 } } as const
const references: readonly (readonly [string, readonly EndpointHealth[], number | undefined])[] = [
  ['nobody', [], undefined],
  ['one', [at(7)], 7],
  ['the higher of two', [at(7), at(9)], 9],
  ['the second of three: one may lie', [at(7), at(1_000_000), at(9)], 9],
  ['no paused one', [at(7), at(9, paused)], 7],
  ['no syncing one', [at(7), at(9, { syncing: true })], 7],
  ['no other chain', [at(7), at(9, { chain: 'wrong' })], 7],
  ['no old news', [at(7), at(9, { head: { block: 9, at: -60_001 } })], 7],
]
for (const [label, all, head] of references)
  test(`the head that others are measured by: ${label}`, () => assert.equal(referenceHead(all, 0), head))

test('lag is measured in blocks behind the reference; without news there is none', () => {
  assert.deepEqual([lagOf(at(7), 9), lagOf(at(9), 7), lagOf(right, 9), lagOf(at(7), undefined)], [2, 0, 0, 0])
})
