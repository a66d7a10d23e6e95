import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { groupStart, nextRange, overlapRange, scanStart } from './scanPlan.ts'

const ranges = [
  ['nothing new', { cursor: 10, head: 10, rangeSize: 100 }, undefined],
  ['an endpoint behind us', { cursor: 10, head: 7, rangeSize: 100 }, undefined],
  ['one new block', { cursor: 10, head: 11, rangeSize: 100 }, { from: 11, to: 11 }],
  ['catch-up is cut into ranges', { cursor: 10, head: 1000, rangeSize: 100 }, { from: 11, to: 110 }],
  ['from the very first block', { cursor: -1, head: 5, rangeSize: 100 }, { from: 0, to: 5 }],
] as const

for (const [label, position, range] of ranges) {
  test(label, () => assert.deepEqual(nextRange(position), range))
}

test('ranges cover every block once, whatever their size', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 50 }), (cursor, more, rangeSize) => {
      const head = cursor + more
      const seen: number[] = []
      let at = cursor
      for (
        let range = nextRange({ cursor: at, head, rangeSize });
        range;
        range = nextRange({ cursor: at, head, rangeSize })
      ) {
        for (let block = range.from; block <= range.to; block++) seen.push(block)
        at = range.to
      }
      assert.deepEqual(
        seen,
        Array.from({ length: more }, (_, i) => cursor + 1 + i),
      )
    }),
  )
})

test('the overlap ends at the cursor and never reaches below the floor', () => {
  assert.deepEqual(overlapRange(100, 20, 0), { from: 81, to: 100 })
  assert.deepEqual(overlapRange(100, 20, 95), { from: 95, to: 100 })
  assert.deepEqual(overlapRange(3, 20, 0), { from: 0, to: 3 })
  assert.equal(overlapRange(100, 0, 0), undefined)
  assert.equal(overlapRange(-1, 20, 0), undefined)
})

test('the overlap begins with the first block that was read fresh since the last one, if that is deeper', () => {
  assert.deepEqual(overlapRange(400, 50, 0, 101), { from: 101, to: 400 })
  assert.deepEqual(overlapRange(400, 50, 0, 390), { from: 351, to: 400 })
  assert.deepEqual(overlapRange(400, 50, 200, 101), { from: 200, to: 400 })
  assert.equal(overlapRange(400, 0, 0, 101), undefined, 'it was switched off')
})

const starts = [
  ['nothing says where', { cursor: undefined, remembered: undefined, startBlock: undefined }, undefined],
  ['a configured block', { cursor: undefined, remembered: undefined, startBlock: 7 }, { position: 6, floor: 7 }],
  ['the very first block', { cursor: undefined, remembered: undefined, startBlock: 0 }, { position: -1, floor: 0 }],
  ['where latest began', { cursor: undefined, remembered: 51, startBlock: 'latest' }, { position: 50, floor: 51 }],
  [
    'a setting that was removed',
    { cursor: undefined, remembered: 51, startBlock: undefined },
    { position: 50, floor: 51 },
  ],
  ['a stored cursor wins', { cursor: 40, remembered: undefined, startBlock: 7 }, { position: 40, floor: 7 }],
  [
    'latest never means a later block',
    { cursor: 60, remembered: 51, startBlock: 'latest' },
    { position: 60, floor: 51 },
  ],
  ['a start block set later', { cursor: 40, remembered: undefined, startBlock: 90 }, { position: 40, floor: 0 }],
  ['a cursor moved back by hand', { cursor: 40, remembered: 51, startBlock: 'latest' }, { position: 40, floor: 0 }],
] as const
for (const [label, facts, start] of starts) test(label, () => assert.deepEqual(scanStart(facts), start))

test('a group starts at its lowest event type; what was stored before is read again, never below the floor', () => {
  const [low, high] = [
    { position: 40, floor: 35 },
    { position: 60, floor: 51 },
  ]
  assert.deepEqual(groupStart([low, high], 50, false), { position: 40, floor: 35 })
  assert.deepEqual(groupStart([low, high], 50, true), { position: 34, floor: 35 })
  assert.deepEqual(groupStart([low, high], 3, true), { position: 37, floor: 35 })
  assert.deepEqual(groupStart([{ position: -1, floor: 0 }], 50, true), { position: -1, floor: 0 })
})
