import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IdGaps } from './idGaps.ts'

/** Ids with the block they are in, ten blocks apart. */
const after = (...serials: readonly number[]) => {
  const gaps = new IdGaps()
  for (const serial of serials) gaps.see(BigInt(serial), serial * 10)
  return gaps
}
const holesOf = (gaps: IdGaps) =>
  gaps.holes.map(hole => [Number(hole.from), Number(hole.to), hole.afterBlock, hole.beforeBlock])

const rows: readonly (readonly [label: string, seen: readonly number[], holes: readonly (readonly number[])[]])[] = [
  ['nothing seen', [], []],
  ['the first id is where counting begins', [7], []],
  ['one after the other', [1, 2, 3], []],
  ['the same again, as the overlap brings it', [1, 2, 3, 2, 3, 1], []],
  ['one withheld', [1, 3], [[2, 2, 10, 30]]],
  ['several withheld', [1, 5], [[2, 4, 10, 50]]],
  [
    'two holes',
    [1, 3, 5],
    [
      [2, 2, 10, 30],
      [4, 4, 30, 50],
    ],
  ],
  ['a hole that is filled', [1, 3, 2], []],
  ['the lower end is found', [1, 5, 2], [[3, 4, 20, 50]]],
  ['the upper end is found', [1, 5, 4], [[2, 3, 10, 40]]],
  [
    'the middle is found',
    [1, 5, 3],
    [
      [2, 2, 10, 30],
      [4, 4, 30, 50],
    ],
  ],
  ['what is below the first is history', [5, 2, 6], []],
  ['a counter out of this world', [1, 9_000_000, 2], []],
]
for (const [label, seen, holes] of rows)
  test(`holes in the ids: ${label}`, () => assert.deepEqual(holesOf(after(...seen)), holes))

test('missing ids are counted', () => {
  assert.equal(after(1, 3, 10).missing, 7)
})

test('after a reorganisation an id may be in an earlier block than its neighbour: the range still covers both', () => {
  const gaps = new IdGaps()
  gaps.see(1n, 50)
  gaps.see(3n, 40)
  assert.deepEqual(holesOf(gaps), [[2, 2, 40, 50]])
  gaps.see(5n, 60)
  gaps.see(2n, 7)
  assert.deepEqual(holesOf(gaps), [[4, 4, 40, 60]])
})

test('in whatever order ids come, what is missing is exactly what was not seen', () => {
  const ids = fc.shuffledSubarray(
    Array.from({ length: 30 }, (_, i) => i + 1),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(ids, seen => {
      const gaps = new IdGaps()
      gaps.see(0n, 0)
      for (const id of seen) gaps.see(BigInt(id), id)
      const highest = Math.max(...seen)
      const expected = Array.from({ length: highest }, (_, i) => i + 1).filter(id => !seen.includes(id))
      const missing = gaps.holes.flatMap(({ from, to }) => {
        const width = Number(to - from) + 1
        return Array.from({ length: width }, (_, i) => Number(from) + i)
      })
      assert.deepEqual(
        missing.sort((a, b) => a - b),
        expected,
      )
      assert.equal(gaps.missing, expected.length)
      for (const { from, to, afterBlock, beforeBlock } of gaps.holes)
        assert.ok(afterBlock <= Number(from) && beforeBlock >= Number(to), 'the missing ids lie between the neighbours')
    }),
  )
})

test('memory is bounded: too many holes become fewer, larger ones that still cover everything', () => {
  const gaps = new IdGaps(10)
  for (let id = 1; id < 200; id += 2) gaps.see(BigInt(id), id)
  assert.equal(gaps.holes.length, 10)
  assert.deepEqual(holesOf(gaps)[0]?.slice(0, 2), [2, 180])
  for (let id = 2; id < 200; id++) gaps.see(BigInt(id), id)
  assert.deepEqual(gaps.holes, [])
})
