import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_TOPOLOGY, OUTCOMES, RESPONSES, topologyOf } from '@kms-connector/streams'
import { lossesOf, lossLine, refuseLosses } from './topologyLosses.ts'

const { streams } = topologyOf([], DEFAULT_TOPOLOGY)
const planOf = (name: string) => streams.find(plan => plan.name === name) ?? assert.fail(name)
const DAY = 86_400e9

const CASES: readonly (readonly [
  what: string,
  stream: string,
  drift: readonly [field: string, found: string, expected: string],
  loss: string | undefined,
])[] = [
  ['a longer age', RESPONSES, ['max_age', `${DAY}`, `${2 * DAY}`], undefined],
  ['a shorter age', RESPONSES, ['max_age', `${4 * DAY}`, `${2 * DAY}`], 'max_age is 4d, the settings say 2d'],
  [
    'an age where there was none',
    RESPONSES,
    ['max_age', 'unset', `${DAY}`],
    'max_age is no limit, the settings say 1d',
  ],
  ['no age any more', RESPONSES, ['max_age', `${DAY}`, 'unset'], undefined],
  ['fewer bytes of what refuses when it is full', RESPONSES, ['max_bytes', '2048', '1024'], undefined],
  [
    'fewer bytes of what discards the old',
    OUTCOMES,
    ['max_bytes', '2048', '1024'],
    'max_bytes is 2.0 KiB, the settings say 1.0 KiB',
  ],
  [
    'bytes where there was no limit',
    OUTCOMES,
    ['max_bytes', '-1', '1024'],
    'max_bytes is no limit, the settings say 1.0 KiB',
  ],
  ['more bytes of what discards the old', OUTCOMES, ['max_bytes', '1024', '2048'], undefined],
  [
    'fewer messages of what discards the old',
    OUTCOMES,
    ['max_msgs', '-1', '10'],
    'max_msgs is no limit, the settings say 10',
  ],
  ['something that removes nothing', OUTCOMES, ['num_replicas', '3', '1'], undefined],
]
for (const [what, stream, [field, found, expected], loss] of CASES) {
  test(`${what}: ${loss ?? 'costs nothing'}`, () => {
    const losses = lossesOf(planOf(stream), [{ name: stream, field, found, expected, immutable: false }])
    assert.deepEqual(losses.map(lossLine), loss === undefined ? [] : [`${stream}: ${loss}`])
    if (loss === undefined) return refuseLosses(losses)
    assert.throws(() => refuseLosses(losses), { name: 'WrongUse', message: /--config FILE, or --shorten/ })
  })
}

test('a stream that cannot be corrected in place is left alone, so it loses nothing', () => {
  const about = { name: RESPONSES, found: '2', expected: '1' }
  const drift = [
    { ...about, field: 'max_age', immutable: false },
    { ...about, field: 'storage', immutable: true },
  ]
  assert.deepEqual(lossesOf(planOf(RESPONSES), drift), [])
})
