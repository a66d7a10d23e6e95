import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AfterLookUp, afterLookUp } from './afterLookUp.ts'
import { mined, NOW, policy, slot } from './picture.test.ts'
import type { Receipt } from './receipts.ts'
import type { Slot } from './senderState.ts'

const elsewhere: Receipt = { ...mined, blockNumber: 101, blockHash: '0x0b' }

const cases: readonly (readonly [string, Slot, Receipt | undefined, AfterLookUp])[] = [
  ['mined', slot(0), mined, { slot: { state: 'mined', mined, missingReceipts: 0 }, news: 'none' }],
  [
    'F5 mined under another attempt: the receipt counts, whichever transaction it is of',
    slot(0, { missingReceipts: 2 }),
    { ...mined, hash: '0x77' },
    { slot: { state: 'mined', mined: { ...mined, hash: '0x77' }, missingReceipts: 0 }, news: 'none' },
  ],
  [
    'F6 foreign use: not concluded before the node had time to find the receipt',
    slot(0, { missingReceipts: 3 }),
    undefined,
    { slot: { missingReceipts: 4, notBefore: NOW + 300 }, news: 'none' },
  ],
  [
    'F6 foreign use: the nonce is lost after enough looks, all of them answered',
    slot(0, { missingReceipts: 4 }),
    undefined,
    { slot: { state: 'lost', missingReceipts: 5 }, news: 'taken' },
  ],
  [
    'F13 reorg after mining: without its block the same bytes are sent again at once',
    slot(0, { state: 'mined', mined }),
    undefined,
    { slot: { state: 'signed', mined: undefined, notBefore: 0, waitingSince: undefined }, news: 'moved' },
  ],
  [
    'F13 reorg after mining: in another block the count of blocks begins there',
    slot(0, { state: 'mined', mined }),
    elsewhere,
    { slot: { state: 'mined', mined: elsewhere, missingReceipts: 0 }, news: 'moved' },
  ],
  [
    'F13 reorg after mining: still where it was',
    slot(0, { state: 'mined', mined }),
    mined,
    { slot: { state: 'mined', mined, missingReceipts: 0 }, news: 'none' },
  ],
]

for (const [label, given, receipt, after] of cases) {
  test(label, () => assert.deepEqual(afterLookUp(given, receipt, policy, NOW), after))
}
