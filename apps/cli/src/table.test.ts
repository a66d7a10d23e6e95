import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, type Column, middleCut, oneLine, table } from './table.ts'

interface Row {
  readonly id: string
  readonly count: number
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'REQUEST', cell: ({ id }) => id, shrink: true },
  { title: 'COUNT', cell: ({ count }) => String(count), right: true },
]
const ROWS = [
  { id: '01'.repeat(60), count: 1 },
  { id: 'ab', count: 1234 },
]

test('a table fits the terminal, and 100 characters, by cutting the middle out of what may shrink', () => {
  for (const [columns, widest] of [
    [250, 100],
    [60, 60],
  ] as const) {
    const lines = table(COLUMNS, ROWS, columns)
    assert.equal(Math.max(...lines.map(line => line.length)), widest)
    assert.match(lines[1] ?? '', /^0101.*….*01 {6}1$/)
  }
  assert.deepEqual(table(COLUMNS, ROWS.slice(1), 80), ['REQUEST  COUNT', 'ab        1234'])
})

test('without a terminal cells are whole and tabs separate them', () => {
  assert.deepEqual(table(COLUMNS, ROWS, undefined), ['REQUEST\tCOUNT', `${'01'.repeat(60)}\t1`, 'ab\t1234'])
})

test('a terminal too narrow for the table still tells ids apart', () => {
  const [, line = ''] = table(COLUMNS, ROWS, 5)
  assert.match(line, /^010101…010101 /)
})

test('what a message holds cannot steer the terminal or add columns', () => {
  assert.equal(oneLine('a\u001b[31mb\tc\nd'), 'a [31mb c d')
  assert.deepEqual(table(COLUMNS, [{ id: 'x\ty', count: 1 }], undefined), ['REQUEST\tCOUNT', 'x y\t1'])
})

test('middleCut keeps both ends', () => {
  assert.equal(middleCut('abcdefghij', 7), 'abc…hij')
  assert.equal(middleCut('abc', 3), 'abc')
  assert.equal(middleCut('abcd', 1), '…')
})

const ages = [
  [0, '0s'],
  [-5, '0s'],
  [59_999, '59s'],
  [61_000, '1m 1s'],
  [3_600_000 * 3 + 60_000 * 12, '3h 12m'],
  [86_400_000 * 2 + 3_600_000, '2d 1h'],
] as const
for (const [ms, text] of ages) test(`age of ${ms} ms`, () => assert.equal(age(ms), text))
