import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { logsOf } from './rawLog.ts'

const ours = `0x${'aa'.repeat(20)}` as const
const topic = `0x${'cc'.repeat(32)}` as const
const hash = `0x${'dd'.repeat(32)}` as const
const filter = { addresses: [ours], topics: [topic], fromBlock: 10, toBlock: 20 }
const entry = {
  address: ours,
  topics: [topic],
  data: '0x',
  blockNumber: '0xa',
  blockHash: hash,
  transactionHash: hash,
  logIndex: '0x0',
}

function positions(result: unknown): unknown {
  const read = logsOf(filter, result)
  return read.kind === 'logs' ? read.logs.map(l => [l.blockNumber, l.logIndex]) : read.kind
}

test('a log is read with its numbers as numbers and its hex in lower case', () => {
  const upper = { ...entry, address: `0x${'AA'.repeat(20)}`, data: '0xAB', blockTimestamp: '0x5f5e100' }
  assert.deepEqual(logsOf({ ...filter, addresses: [`0x${'Aa'.repeat(20)}`] }, [upper]), {
    kind: 'logs',
    logs: [{ ...entry, data: '0xab', blockNumber: 10, logIndex: 0, blockTimestamp: 100_000_000 }],
  })
})

const cases: readonly (readonly [string, unknown, unknown])[] = [
  ['nothing', [], []],
  [
    'logs out of order',
    [
      { ...entry, blockNumber: '0xb', logIndex: '0x1' },
      { ...entry, blockNumber: '0xb' },
      { ...entry, logIndex: '0xf' },
    ],
    [
      [10, 15],
      [11, 0],
      [11, 1],
    ],
  ],
  [
    'a removed log',
    [
      { ...entry, removed: true },
      { ...entry, removed: false },
    ],
    [[10, 0]],
  ],
  ['a removed log that is garbage otherwise', [{ removed: true }], []],
  ['a log of another contract', [{ ...entry, address: `0x${'bb'.repeat(20)}` }, entry], [[10, 0]]],
  [
    'both ends of the range',
    [entry, { ...entry, blockNumber: '0x14' }],
    [
      [10, 0],
      [20, 0],
    ],
  ],
  ['a block below the range', [{ ...entry, blockNumber: '0x9' }], 'garbage'],
  ['a block above the range', [{ ...entry, blockNumber: '0x15' }], 'garbage'],
  ['a pending log', [{ ...entry, blockNumber: null, blockHash: null }], 'garbage'],
  ['no block number', [{ ...entry, blockNumber: undefined }], 'garbage'],
  ['a block number as number', [{ ...entry, blockNumber: 10 }], 'garbage'],
  ['a log index that is no safe integer', [{ ...entry, logIndex: `0x${'f'.repeat(16)}` }], 'garbage'],
  ['a short address', [{ ...entry, address: '0xaa' }], 'garbage'],
  ['data with half a byte', [{ ...entry, data: '0xabc' }], 'garbage'],
  ['data that is no hex', [{ ...entry, data: '0xzz' }], 'garbage'],
  ['no topics', [{ ...entry, topics: undefined }], 'garbage'],
  ['an anonymous log', [{ ...entry, topics: [] }], [[10, 0]]],
  ['five topics', [{ ...entry, topics: [topic, topic, topic, topic, topic] }], 'garbage'],
  ['a short topic', [{ ...entry, topics: ['0xcc'] }], 'garbage'],
  ['a topic that is null', [{ ...entry, topics: [null] }], 'garbage'],
  ['a short block hash', [{ ...entry, blockHash: '0x00' }], 'garbage'],
  ['no transaction', [{ ...entry, transactionHash: null }], 'garbage'],
  ['a filter id', '0x1', 'garbage'],
  ['null', null, 'garbage'],
  ['an entry that is null', [entry, null], 'garbage'],
  ['an entry that is a hash', [hash], 'garbage'],
]

for (const [label, result, expected] of cases) {
  test(`logs: ${label}`, () => assert.deepEqual(positions(result), expected))
}

test('one spoiled field makes garbage of it, never a crash', () => {
  const field = fc.constantFrom('address', 'topics', 'data', 'blockNumber', 'blockHash', 'transactionHash', 'logIndex')
  fc.assert(
    fc.property(field, fc.anything(), (name, value) => {
      const read = logsOf(filter, [{ ...entry, [name]: value }])
      assert.ok(read.kind === 'garbage' || read.logs.length <= 1)
    }),
  )
})

test('any answer is logs or garbage', () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      assert.match(logsOf(filter, value).kind, /^(logs|garbage)$/)
    }),
  )
})
