import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockHeader, RawLog } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import { contradictionIn, headersWanted, logKey, suspiciousBlocks } from './readingChecks.ts'

const hashOf = (block: number): Hex => `0x${block.toString(16).padStart(64, '0')}`
const ADDRESS: Hex = `0x${'11'.repeat(20)}`
const TOPIC: Hex = `0x${'22'.repeat(32)}`
/** A filter in which every question is answered with maybe. */
const MAYBE: Hex = `0x${'f'.repeat(511)}e`

const header = (number: number, more: Partial<BlockHeader> = {}): BlockHeader => ({
  number,
  hash: hashOf(number),
  parentHash: hashOf(number - 1),
  timestamp: 0,
  logsBloom: undefined,
  ...more,
})
const log = (blockNumber: number, more: Partial<RawLog> = {}): RawLog => ({
  address: ADDRESS,
  topics: [TOPIC],
  data: '0x',
  blockNumber,
  blockHash: hashOf(blockNumber),
  transactionHash: hashOf(1),
  logIndex: 0,
  blockTimestamp: undefined,
  ...more,
})
const other = hashOf(0xdead)

const rows = [
  ['nothing', [], [], undefined],
  ['blocks that follow each other', [], [header(1), header(2), header(3)], undefined],
  ['the ends of a long range', [log(5)], [header(1), header(900)], undefined],
  ['logs of the blocks they name', [log(1), log(2), log(2)], [header(1), header(2)], undefined],
  [
    'a block on another branch',
    [],
    [header(1), header(2, { parentHash: other })],
    /block 2 .* does not follow block 1/,
  ],
  ['a log of another branch', [log(2, { blockHash: other })], [header(2)], /two blocks 2/],
  ['two branches in the logs alone', [log(5), log(5, { blockHash: other })], [header(9)], /two blocks 5/],
] as const
for (const [label, logs, headers, said] of rows) {
  test(`a reading is checked: ${label}`, () => {
    const found = contradictionIn({ logs, headers })
    if (said === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', said)
  })
}

test('blocks without logs whose filter says maybe are suspicious, others are not', () => {
  const headers = [header(1, { logsBloom: MAYBE }), header(2, { logsBloom: MAYBE }), header(3)]
  assert.deepEqual(suspiciousBlocks({ logs: [log(1)], headers }, [ADDRESS], [TOPIC]), [2])
})

test('near the head the header of every block is read, during catch-up those of both ends', () => {
  assert.deepEqual(headersWanted({ from: 7, to: 7 }), [7])
  assert.deepEqual(headersWanted({ from: 7, to: 9 }), [7, 8, 9])
  assert.deepEqual(headersWanted({ from: 1, to: 16 }).length, 16)
  assert.deepEqual(headersWanted({ from: 1, to: 17 }), [1, 17])
})

test('a log is the same at two endpoints only with the same block, place and content', () => {
  assert.equal(logKey(log(1)), logKey(log(1, { blockTimestamp: 5 })))
  for (const change of [
    { blockHash: other },
    { transactionHash: other },
    { logIndex: 1 },
    { data: '0x00' },
    { topics: [] },
  ] as const)
    assert.notEqual(logKey(log(1)), logKey(log(1, change)), JSON.stringify(change))
})
