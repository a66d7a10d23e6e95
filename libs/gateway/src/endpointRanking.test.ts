import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndpointHealth, NEW_ENDPOINT } from './endpointHealth.ts'
import { ranked, standings } from './endpointRanking.ts'

const good: EndpointHealth = { ...NEW_ENDPOINT, chain: 'right', latencyMs: 10, head: { block: 100, at: 0 } }
const failing = { pause: { why: 'failing', until: 50, ms: 50 } } as const
const limited = { pause: { why: 'rate-limited', until: 20, ms: 20 } } as const
const lying = { pause: { why: 'contradicting', until: 30, ms: 30 } } as const
const of = (...changes: readonly Partial<EndpointHealth>[]) => changes.map(change => ({ ...good, ...change }))

const rows: readonly (readonly [string, readonly EndpointHealth[], number | undefined, readonly number[]])[] = [
  ['equal ones in the order of the settings', of({}, {}, {}), undefined, [0, 1, 2]],
  ['back to the preferred one when it is as good again', of({}, {}), 1, [0, 1]],
  ['a slightly slower preferred one keeps its place', of({ latencyMs: 50 }, {}), undefined, [0, 1]],
  ['a much slower one loses it', of({ latencyMs: 400 }, {}), undefined, [1, 0]],
  [
    'an unstable fast one is worse than a stable slow one',
    of({ stability: 0.5 }, { latencyMs: 1_000 }),
    undefined,
    [1, 0],
  ],
  ['the one in use is kept over a hardly better one', of({ latencyMs: 60 }, { latencyMs: 10 }), 0, [0, 1]],
  ['some lag costs', of({ head: { block: 60, at: 0 } }, {}), undefined, [1, 0]],
  ['too much lag excludes', of({ head: { block: 40, at: 0 } }, {}), undefined, [1]],
  [
    'two that are equally late are not late',
    of({ head: { block: 1, at: 0 } }, { head: { block: 1, at: 0 } }),
    0,
    [0, 1],
  ],
  ['another chain is never used', of({ chain: 'wrong' }, {}), undefined, [1]],
  ['another chain is never used, also alone', of({ chain: 'wrong' }), undefined, []],
  ['an unknown chain is not used yet', of({ chain: 'unknown' }), undefined, []],
  ['a syncing node is never used, also alone', of({ syncing: true }), undefined, []],
  ['a paused one rests while another works', of(failing, {}), 0, [1]],
  ['when all rest, the first to wake is asked', of(failing, lying), undefined, [1, 0]],
  ['one that asked for patience is left alone, also alone', of(limited), 0, []],
  ['patience is not asked for ever', of({ pause: { ...limited.pause, until: 0 } }), 0, [0]],
]
for (const [label, all, current, order] of rows)
  test(`who is asked: ${label}`, () => assert.deepEqual(ranked(standings(all, { maxLag: 50 }, 0), current), order))

test('why an endpoint is not used is said in words', () => {
  const all = of({ chain: 'unknown' }, { chain: 'wrong', wrongChain: 5n }, { syncing: true }, limited, {
    head: { block: 1, at: 0 },
  })
  const reasons = standings([...all, good], { maxLag: 50 }, 0).flatMap(s => (s.kind === 'usable' ? [] : s.why))
  assert.deepEqual(reasons, [
    'has not told its chain id yet',
    'serves chain 5',
    'is syncing',
    'is rate-limited, paused for 20 ms',
    'is 99 blocks behind its peers',
  ])
})
