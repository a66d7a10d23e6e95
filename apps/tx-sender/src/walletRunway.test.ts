import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RUNWAY_WINDOW_MS, runwaySeconds, withSample } from './walletRunway.ts'

const MINUTE = 60_000
type Row = readonly [minute: number, wei: bigint]
const samples = (...rows: readonly Row[]) => rows.map(([minute, wei]) => ({ at: minute * MINUTE, wei }))

const cases: readonly (readonly [what: string, rows: readonly Row[], seconds: number | undefined])[] = [
  ['nothing known', [], undefined],
  ['one look', [[0, 100n]], undefined],
  [
    'too short a time, however much was spent',
    [
      [0, 100n],
      [9, 1n],
    ],
    undefined,
  ],
  [
    'nothing spent',
    [
      [0, 100n],
      [60, 100n],
    ],
    Number.POSITIVE_INFINITY,
  ],
  [
    'only topped up',
    [
      [0, 100n],
      [60, 500n],
    ],
    Number.POSITIVE_INFINITY,
  ],
  [
    'a tenth in an hour lasts nine hours more',
    [
      [0, 100n],
      [30, 95n],
      [60, 90n],
    ],
    9 * 3600,
  ],
  [
    'a top-up counts as balance, not as negative spending',
    [
      [0, 100n],
      [20, 90n],
      [40, 190n],
      [60, 180n],
    ],
    9 * 3600,
  ],
  [
    'empty',
    [
      [0, 100n],
      [60, 0n],
    ],
    0,
  ],
  [
    'amounts beyond what a number holds exactly',
    [
      [0, 2n * 10n ** 21n],
      [60, 10n ** 21n],
    ],
    3600,
  ],
]

for (const [what, rows, seconds] of cases) {
  test(`runway: ${what}`, () => assert.equal(runwaySeconds(samples(...rows)), seconds))
}

test('samples older than the window are forgotten', () => {
  const old = samples([0, 100n], [1, 90n])
  const now = { at: RUNWAY_WINDOW_MS + MINUTE, wei: 80n }
  assert.deepEqual(withSample(old, now), [old[1], now])
})
