import assert from 'node:assert/strict'
import { test } from 'node:test'
import { believe, seeChain } from './chainView.ts'
import { NOW, slot, state } from './picture.test.ts'
import type { ChainView } from './senderState.ts'

const seen: ChainView = { latestNonce: 5, headBlock: 9 }
const since = (ms: number): ChainView => ({ ...seen, doubtSince: NOW - ms })

const cases: readonly (readonly [string, ChainView | undefined, ChainView, ChainView])[] = [
  ['the first answer is believed', undefined, seen, seen],
  ['the count grows over slots of ours', seen, { latestNonce: 8, headBlock: 9 }, { latestNonce: 8, headBlock: 9 }],
  ['F11 stale RPC: a lower count is not believed at once', seen, { latestNonce: 4, headBlock: 9 }, since(0)],
  ['F11 stale RPC: a lower head is not believed at once', seen, { latestNonce: 5, headBlock: 8 }, since(0)],
  ['F11 stale RPC: doubt ends when the node contradicts itself', since(2_999), seen, seen],
  ['F11 stale RPC: doubt lasts', since(2_999), { latestNonce: 4, headBlock: 9 }, since(2_999)],
  [
    'F13 reorg: a lower count that stays is believed',
    since(3_000),
    { latestNonce: 4, headBlock: 8 },
    { latestNonce: 4, headBlock: 8 },
  ],
  ['a count beyond every nonce we took is a lie or a foreign use', seen, { latestNonce: 9, headBlock: 9 }, since(0)],
  [
    'F6 foreign use: a count that stays beyond our nonces is believed',
    since(3_000),
    { latestNonce: 9, headBlock: 9 },
    { latestNonce: 9, headBlock: 9 },
  ],
]

for (const [label, before, read, after] of cases) {
  test(label, () => assert.deepEqual(believe(before, read, 8, NOW), after))
}

test('F13 reorg: look-ups without a receipt prove nothing once the count of transactions goes back', () => {
  const given = state([slot(3, { missingReceipts: 7 }), slot(4, { missingReceipts: 7 })], [], { chain: seen })
  assert.equal(seeChain(given, { latestNonce: 4, headBlock: 9 }, NOW), 'doubted')
  assert.deepEqual(
    [3, 4].map(nonce => given.slots.get(nonce)?.missingReceipts),
    [7, 0],
  )
})

test('F8 stuck head: the time of the head begins when the chain count moves', () => {
  const given = state([slot(5), slot(6)], [])
  for (const [latestNonce, now, headSince] of [
    [5, 1, 1],
    [5, 2, 1],
    [6, 3, 3],
    [9, 4, 3],
  ] as const) {
    seeChain(given, { latestNonce, headBlock: 100 }, now)
    assert.equal(given.headSince, headSince)
  }
})

test('F13 reorg: nonces that were seen mined are free again only when the chain stays below them for a minute', () => {
  const given = state([], [], { chain: { latestNonce: 3, headBlock: 9 }, nonceFloor: 5 })
  assert.equal(seeChain(given, { latestNonce: 3, headBlock: 9 }, NOW), 'believed')
  assert.equal(seeChain(given, { latestNonce: 3, headBlock: 9 }, NOW + 59_999), 'believed')
  assert.equal(given.nonceFloor, 5)
  assert.equal(seeChain(given, { latestNonce: 3, headBlock: 9 }, NOW + 60_000), 'floor-lowered')
  assert.equal(given.nonceFloor, 3)
})
