import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndedRequest, waveFaults } from './auditWave.ts'

const ended = (id: string, nonce: number | undefined, confirmed = true): EndedRequest => ({ id, nonce, confirmed })
const GOOD = [ended('a', 7), ended('b', 5), ended('c', 6)]
const NONCES = { before: 5, after: 8 }

test('a wave that lost nothing has no faults, in whatever order it was answered', () => {
  assert.deepEqual(waveFaults(['a', 'b', 'c'], GOOD, NONCES), [])
})

test('every kind of loss has its fault', () => {
  const cases: readonly (readonly [string, readonly string[], readonly EndedRequest[], typeof NONCES, RegExp])[] = [
    ['lost', ['a', 'b', 'c', 'd'], GOOD, NONCES, /^1 requests without an outcome: d$/],
    [
      'twice',
      ['a', 'b', 'c'],
      [...GOOD, ended('a', 8)],
      { before: 5, after: 9 },
      /^1 requests with several outcomes: a$/,
    ],
    ['stranger', ['a', 'b'], GOOD, NONCES, /^1 requests that nobody asked for: c$/],
    ['dead', ['a', 'b', 'c'], [...GOOD.slice(0, 2), ended('c', 6, false)], NONCES, /^1 requests not confirmed: c$/],
    ['burned', ['a', 'b', 'c'], GOOD, { before: 5, after: 9 }, /^nonces without an outcome: 8$/],
    ['ahead', ['a', 'b', 'c'], GOOD, { before: 5, after: 7 }, /^nonces that the chain does not know: 7$/],
    ['shared', ['a', 'b'], [ended('a', 5), ended('b', 5)], { before: 5, after: 6 }, /^2 outcomes share 1 nonces$/],
  ]
  for (const [what, ids, outcomes, nonces, text] of cases) {
    const faults = waveFaults(ids, outcomes, nonces)
    assert.equal(faults.length, 1, `${what}: ${faults.join('; ')}`)
    assert.match(faults[0] ?? '', text, what)
  }
})
