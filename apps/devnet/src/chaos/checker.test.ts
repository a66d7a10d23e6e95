import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './checker.ts'
import type { Observed, StoredMessage } from './observed.ts'

const id = (type: 1 | 2, n: number) => `0${type}${n.toString(16).padStart(62, '0')}`
const IDS = [id(1, 1), id(2, 1), id(1, 2)] as const
const [FIRST, SECOND, THIRD] = IDS
const STRANGER = id(1, 99)
const HEAD = 50
const CREATED = '2030-01-01T00:00:00Z'

const operationOf = (request: string) => (request.startsWith('01') ? 'public-decryption' : 'user-decryption')
const hashOf = (nonce: number) => `0x${String(nonce).padStart(64, '0')}`
const message = (subject: string, seq: number, body: StoredMessage['body'] = {}): StoredMessage => ({
  subject,
  seq,
  body,
})
const transaction = (nonce: number, answers: string, succeeded = true) => ({
  nonce,
  hash: hashOf(nonce),
  succeeded,
  id: answers,
})
const outcome = (request: string, seq: number, nonce: number, status = 'confirmed') =>
  message(`kms.outcome.${operationOf(request)}.${request}`, seq, { status, nonce, transactionHash: hashOf(nonce) })

/** Three requests, answered as they must be. */
const RIGHT: Observed = {
  placed: IDS,
  chain: {
    head: HEAD,
    requests: [
      { id: FIRST, block: 10 },
      { id: SECOND, block: 11 },
      { id: THIRD, block: 40 },
    ],
    answers: IDS,
    consensus: IDS,
    plaintextFaults: [],
    transactions: IDS.map((request, nonce) => transaction(nonce, request)),
    nonces: { latest: 3, pending: 3 },
  },
  streams: {
    requests: IDS.map((request, n) => message(`kms.request.${operationOf(request)}.${request}`, n + 1)),
    responses: IDS.map((request, n) => message(`kms.response.${operationOf(request)}.${request}`, n + 1)),
    outcomes: IDS.map((request, n) => outcome(request, n + 1, n)),
    deadLetters: [],
    responsesCreated: CREATED,
  },
  buckets: {
    slots: [],
    cursors: [
      message('$KV.last_block_polled.54321.public-decryption', 1, { block: 45 }),
      message('$KV.last_block_polled.54321.user-decryption', 2, { block: 45 }),
    ],
    sender: [message('$KV.sender.checkpoint', 1, { seq: 3, created: CREATED })],
  },
}

test('a world that is as it must be has no findings', () => {
  const { findings, counts } = check(RIGHT)
  assert.deepEqual(findings, [])
  assert.deepEqual(counts, { requests: 3, answers: 3, transactions: 3, reverted: 0, burned: 0, reruns: 0 })
})

const chain = (change: Partial<Observed['chain']>): Observed => ({ ...RIGHT, chain: { ...RIGHT.chain, ...change } })
const streams = (change: Partial<Observed['streams']>): Observed => ({
  ...RIGHT,
  streams: { ...RIGHT.streams, ...change },
})
const buckets = (change: Partial<Observed['buckets']>): Observed => ({
  ...RIGHT,
  buckets: { ...RIGHT.buckets, ...change },
})
const outcomesWith = (changed: StoredMessage) =>
  streams({ outcomes: RIGHT.streams.outcomes.map(one => (one.subject === changed.subject ? changed : one)) })

/** What is wrong, the wrong world, the rule that must speak, and the id that it must name. */
const WRONG: readonly (readonly [string, Observed, string, string?])[] = [
  ['an answer is missing', chain({ answers: [FIRST, SECOND] }), 'missing answer', THIRD],
  ['an answer counts twice', chain({ answers: [...IDS, SECOND] }), 'double answer', SECOND],
  ['an answer without consensus', chain({ consensus: [FIRST, SECOND] }), 'consensus', THIRD],
  ['an answer that nobody asked for', chain({ answers: [...IDS, STRANGER] }), 'answer without request', STRANGER],
  ['a wrong plaintext', chain({ plaintextFaults: [{ id: FIRST, text: '1, not 2' }] }), 'plaintext', FIRST],
  [
    'a nonce that was never mined',
    chain({
      transactions: [transaction(0, FIRST), transaction(1, SECOND), transaction(3, THIRD)],
      nonces: { latest: 4, pending: 4 },
    }),
    'nonce gap',
  ],
  ['a transaction behind a gap waits at the node', chain({ nonces: { latest: 3, pending: 5 } }), 'nonce gap'],
  [
    'a count of the chain that does not fit its transactions',
    chain({ nonces: { latest: 4, pending: 4 } }),
    'nonce gap',
  ],
  [
    'many reverted transactions',
    chain({
      transactions: [...RIGHT.chain.transactions, ...[3, 4, 5, 6].map(nonce => transaction(nonce, FIRST, false))],
      nonces: { latest: 7, pending: 7 },
    }),
    'reverted',
  ],
  [
    'a slot that is still open',
    buckets({ slots: [message('$KV.tx_slots.slot.3', 9, { id: THIRD })] }),
    'open slot',
    THIRD,
  ],
  ['two requests with one nonce', outcomesWith(outcome(SECOND, 2, 0)), 'duplicate slot', SECOND],
  ['an outcome that is not on chain', outcomesWith(outcome(THIRD, 3, 7)), 'outcome', THIRD],
  [
    'an outcome whose transaction reverted',
    chain({ transactions: [transaction(0, FIRST), transaction(1, SECOND), transaction(2, THIRD, false)] }),
    'outcome',
    THIRD,
  ],
  [
    'an outcome whose transaction answers something else',
    chain({ transactions: [transaction(0, FIRST), transaction(1, SECOND), transaction(2, FIRST)] }),
    'outcome',
    THIRD,
  ],
  ['a request that ended as dead', outcomesWith(outcome(FIRST, 1, 0, 'dead')), 'outcome', FIRST],
  [
    'a dead letter',
    streams({ deadLetters: [message(`kms.dead.kms-worker.public-decryption.${FIRST}`, 1)] }),
    'dead letter',
    FIRST,
  ],
  [
    'a request that was never published',
    streams({ requests: RIGHT.streams.requests.slice(1) }),
    'request messages',
    FIRST,
  ],
  [
    'a request that was stored twice',
    streams({ requests: [...RIGHT.streams.requests, message(`kms.request.public-decryption.${FIRST}`, 9)] }),
    'request messages',
    FIRST,
  ],
  [
    'a response that is missing',
    streams({ responses: RIGHT.streams.responses.filter((_, n) => n !== 1) }),
    'response messages',
    SECOND,
  ],
  [
    'a response to what was never asked',
    streams({ responses: [message(`kms.response.public-decryption.${STRANGER}`, 1), ...RIGHT.streams.responses] }),
    'response messages',
    STRANGER,
  ],
  ['an outcome that is missing', streams({ outcomes: RIGHT.streams.outcomes.slice(0, 2) }), 'outcome messages', THIRD],
  [
    'a cursor before the last request',
    buckets({ cursors: RIGHT.buckets.cursors.map(one => ({ ...one, body: { block: 39 } })) }),
    'cursor',
  ],
  [
    'a cursor ahead of the chain',
    buckets({ cursors: RIGHT.buckets.cursors.map(one => ({ ...one, body: { block: HEAD + 1 } })) }),
    'cursor',
  ],
  ['no cursor at all', buckets({ cursors: [] }), 'cursor'],
  [
    'a checkpoint before the last response',
    buckets({ sender: [message('$KV.sender.checkpoint', 1, { seq: 2, created: CREATED })] }),
    'checkpoint',
  ],
  [
    'a checkpoint behind the last response',
    buckets({ sender: [message('$KV.sender.checkpoint', 1, { seq: 4, created: CREATED })] }),
    'checkpoint',
  ],
  [
    'a checkpoint of another stream',
    buckets({ sender: [message('$KV.sender.checkpoint', 1, { seq: 3, created: 'before' })] }),
    'checkpoint',
  ],
  ['no checkpoint at all', buckets({ sender: [] }), 'checkpoint'],
  ['a request that vanished from the chain', chain({ requests: RIGHT.chain.requests.slice(1) }), 'world', FIRST],
  [
    'an id that the chain emitted twice',
    chain({ requests: [...RIGHT.chain.requests, { id: FIRST, block: 12 }] }),
    'world',
  ],
  ['a request of somebody else', { ...RIGHT, placed: IDS.slice(1) }, 'world', FIRST],
]
for (const [title, world, rule, about] of WRONG) {
  test(`it is found: ${title}`, () => {
    const found = check(world).findings.filter(finding => finding.rule === rule)
    assert.ok(found.length > 0, `found only ${JSON.stringify(check(world).findings)}`)
    if (about !== undefined)
      assert.ok(
        found.some(finding => finding.id === about),
        JSON.stringify(found),
      )
  })
}

test('what is allowed is counted: a reverted duplicate, a burned nonce, a re-run', () => {
  const world: Observed = {
    ...RIGHT,
    chain: {
      ...RIGHT.chain,
      transactions: [...RIGHT.chain.transactions, transaction(3, FIRST, false), transaction(4, '')],
      nonces: { latest: 5, pending: 5 },
    },
    streams: {
      ...RIGHT.streams,
      requests: [...RIGHT.streams.requests, message(`kms.request.public-decryption.${FIRST}.r1`, 4)],
    },
  }
  const { findings, counts } = check(world)
  assert.deepEqual(findings, [])
  assert.deepEqual([counts.reverted, counts.burned, counts.reruns], [1, 1, 1])
})
