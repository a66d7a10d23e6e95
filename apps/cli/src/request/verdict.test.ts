import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11, OperationTable, requestIdOf } from '@kms-connector/protocol'
import type { Facts } from '@kms-connector/request-status'
import type { BrokerFacts, ChainFacts, RequestFacts } from './requestFacts.ts'
import { verdictOf } from './verdict.ts'

const NOW = 1_800_000_000_000
const KEPT_MS = 3_600_000
const operation = new OperationTable(OPERATIONS_V0_11).named('public-decryption')
const ID = requestIdOf((1n << 248n) + 5n)
const HASH = `0x${'ab'.repeat(32)}` as const
const ORIGIN = { chainId: 1, blockNumber: 90, blockHash: HASH, transactionHash: HASH, logIndex: 0 }
const RUN = { seq: 10, storedAt: NOW - 5_000, origin: ORIGIN }
const RESPONSE = { storedAt: NOW - 4_000, answeredAt: NOW - 4_000, origin: ORIGIN }
const OUTCOME = { operation: operation.name, id: ID, attempts: 1, settledAt: NOW, storedAt: NOW }
const BURIAL = {
  stage: 'kms-worker',
  code: 'CORE_FAILED',
  detail: 'no',
  at: NOW,
  storedAt: NOW,
  of: 'request' as const,
}
const AT_WORK = { deliveredSeq: 10, ackFloorSeq: 9, waiting: 0, held: 1 }
const WALLET = {
  address: '0xaa',
  balance: 100n,
  answerCost: 10n,
  latestNonce: 3,
  registered: true,
  unregisteredNode: undefined,
}
const SENDER = { ahead: 1, leader: { host: 'a', pid: 1, since: 0 }, readers: 1 }
const CHAIN: ChainFacts = {
  endpoint: 'http://node',
  head: 100,
  headAgeMs: 1_000,
  behindPeers: 0,
  finalHead: 100,
  requestBlock: 90,
  searchedBlocks: 0,
  events: [],
}

interface Case {
  readonly stored?: Partial<Facts>
  readonly broker?: Partial<BrokerFacts>
  readonly more?: Partial<RequestFacts>
}

function factsOf({ stored = {}, broker = {}, more = {} }: Case): RequestFacts {
  const nothing = { first: undefined, newestRerun: undefined, reruns: 0, response: undefined, outcome: undefined }
  const all: Facts = {
    operation,
    id: ID,
    ...nothing,
    burials: [],
    workers: AT_WORK,
    slot: undefined,
    readAt: NOW,
    keptMs: KEPT_MS,
    ...stored,
  }
  return {
    id: ID,
    operation: operation.name,
    group: 'decryption',
    now: NOW,
    broker: { stored: all, full: [], waitingWorkers: 1, cursor: { block: 100, at: NOW }, ...broker },
    chain: CHAIN,
    work: { access: 'allowed', ciphertexts: 'found', core: 'serving' },
    sender: SENDER,
    wallet: WALLET,
    gaps: [],
    ...more,
  }
}

const fine = { access: 'allowed', ciphertexts: 'found', core: 'serving' } as const
const denied = { code: 'ACL_DENIED', detail: 'the handle is not allowed' }
const unseen = { code: 'RPC_UNAVAILABLE', detail: 'no answer from the host chain' }
const down = { code: 'CORE_UNAVAILABLE', detail: 'connection refused' }
const asked = { first: RUN }
const answered = { first: RUN, response: RESPONSE }
const full = [{ stream: 'RESPONSES', bytes: 100, limit: 100 }]
const slot = { nonce: 5, hash: HASH, attempts: 1, firstSignedAt: NOW }

const own = { name: 'PublicDecryptionResponseCall', blockNumber: 95, transactionHash: HASH, sender: '0xaa', at: NOW }
const onChain = { chain: { ...CHAIN, events: [own] } }
const byOthers = { chain: { ...CHAIN, events: [{ ...own, sender: '0xbb' }] } }

const CASES: readonly (readonly [what: string, Case, code: string, status: string])[] = [
  ['only the chain remembers our answer', { more: onChain }, 'ANSWERED', 'done'],
  ['only others have answered', { more: byOthers }, 'REQUEST_MISSING', 'stuck'],
  [
    'our answer is on chain',
    { stored: { ...answered, outcome: { ...OUTCOME, status: 'confirmed' } } },
    'ANSWERED',
    'done',
  ],
  ['others answered for us', { stored: { outcome: { ...OUTCOME, status: 'already-answered' } } }, 'ANSWERED', 'done'],
  ['answered long ago', { stored: { first: { ...RUN, seq: 3, storedAt: NOW - KEPT_MS } } }, 'ANSWERED', 'done'],
  ['acknowledged, and nothing came of it', { stored: { first: { ...RUN, seq: 3 } } }, 'REQUEST_LOST', 'stuck'],
  [
    'lost, whatever a worker would meet',
    { stored: { first: { ...RUN, seq: 3 } }, more: { work: { ...fine, access: denied } } },
    'REQUEST_LOST',
    'stuck',
  ],
  ['the broker is away', { more: { broker: undefined, gaps: ['NATS: no connection'] } }, 'BROKER_UNAVAILABLE', 'stuck'],
  ['given up', { stored: { ...asked, burials: [BURIAL] } }, 'DEAD_LETTER', 'stuck'],
  [
    'given up, then run again',
    { stored: { burials: [BURIAL], first: { ...RUN, storedAt: NOW + 1 } } },
    'WORKING',
    'waiting',
  ],
  [
    'its outcome is dead',
    { stored: { outcome: { ...OUTCOME, status: 'dead', reason: 'ACL_DENIED' } } },
    'DEAD_LETTER',
    'stuck',
  ],
  ['the ACL denies', { stored: asked, more: { work: { ...fine, access: denied } } }, 'ACL_DENIED', 'stuck'],
  [
    'ACL before Core, as a worker asks',
    { stored: asked, more: { work: { ...fine, access: denied, core: down } } },
    'ACL_DENIED',
    'stuck',
  ],
  ['the Core is down', { stored: asked, more: { work: { ...fine, core: down } } }, 'CORE_UNAVAILABLE', 'stuck'],
  [
    'the host chain does not answer',
    { stored: asked, more: { work: { ...fine, access: unseen } } },
    'RPC_UNAVAILABLE',
    'stuck',
  ],
  [
    'the host chain does not answer, and the Core is down',
    { stored: asked, more: { work: { ...fine, access: unseen, core: down } } },
    'CORE_UNAVAILABLE',
    'stuck',
  ],
  [
    'the host chain does not answer, and nobody works',
    {
      stored: { ...asked, workers: { ...AT_WORK, held: 0, deliveredSeq: 9 } },
      broker: { waitingWorkers: 0 },
      more: { work: { ...fine, access: unseen } },
    },
    'NO_WORKER',
    'stuck',
  ],
  ['answers cannot be stored', { stored: asked, broker: { full } }, 'STREAM_FULL', 'stuck'],
  [
    'wallet_address is wrong',
    { stored: asked, more: { wallet: { ...WALLET, unregisteredNode: '0xbb' } } },
    'WALLET_NOT_REGISTERED',
    'stuck',
  ],
  [
    'nobody works',
    { stored: { ...asked, workers: { ...AT_WORK, held: 0, deliveredSeq: 9 } }, broker: { waitingWorkers: 0 } },
    'NO_WORKER',
    'stuck',
  ],
  ['others are before it', { stored: { ...asked, workers: { ...AT_WORK, deliveredSeq: 4 } } }, 'QUEUED', 'waiting'],
  ['a worker has it', { stored: asked }, 'WORKING', 'waiting'],
  [
    'nothing could be looked at',
    { stored: asked, more: { work: { access: undefined, ciphertexts: undefined, core: undefined } } },
    'WORKING',
    'waiting',
  ],
  ['the wallet is empty', { stored: answered, more: { wallet: { ...WALLET, balance: 9n } } }, 'WALLET_EMPTY', 'stuck'],
  [
    'the wallet is foreign',
    { stored: answered, more: { wallet: { ...WALLET, registered: false } } },
    'WALLET_NOT_REGISTERED',
    'stuck',
  ],
  [
    'foreign and empty: paying would not help',
    { stored: answered, more: { wallet: { ...WALLET, registered: false, balance: 0n } } },
    'WALLET_NOT_REGISTERED',
    'stuck',
  ],
  [
    'nobody holds the lease',
    { stored: answered, more: { sender: { ...SENDER, leader: 'nobody' } } },
    'NO_ACTIVE_SENDER',
    'stuck',
  ],
  [
    'no lease in this topology, nobody reads',
    { stored: answered, more: { sender: { ...SENDER, leader: undefined, readers: 0 } } },
    'NO_ACTIVE_SENDER',
    'stuck',
  ],
  ['sent, not mined', { stored: { ...answered, slot } }, 'NOT_MINED_YET', 'waiting'],
  [
    'the endpoint of the sender lags',
    { stored: { ...answered, slot }, more: { chain: { ...CHAIN, headAgeMs: 60_000 } } },
    'RPC_LAGGING',
    'stuck',
  ],
  ['the sender will', { stored: answered }, 'SENDER_BEHIND', 'waiting'],
  ['requests cannot be published', { broker: { full } }, 'STREAM_FULL', 'stuck'],
  ['the Gateway is away', { more: { chain: undefined } }, 'RPC_UNAVAILABLE', 'stuck'],
  ['not final', { more: { chain: { ...CHAIN, finalHead: 89 } } }, 'NOT_FINAL_YET', 'waiting'],
  [
    'final to the block',
    { broker: { cursor: { block: 80, at: NOW } }, more: { chain: { ...CHAIN, finalHead: 90 } } },
    'LISTENER_BEHIND',
    'stuck',
  ],
  ['nothing was ever read', { broker: { cursor: undefined } }, 'LISTENER_BEHIND', 'stuck'],
  ['read, yet on no stream', {}, 'REQUEST_MISSING', 'stuck'],
  [
    'not found behind a lagging endpoint',
    { more: { chain: { ...CHAIN, requestBlock: undefined, behindPeers: 21 } } },
    'RPC_LAGGING',
    'stuck',
  ],
  ['not found', { more: { chain: { ...CHAIN, requestBlock: undefined } } }, 'NOT_ON_CHAIN', 'unknown'],
]

for (const [what, given, code, status] of CASES)
  test(`${what}: ${code}`, () => {
    const verdict = verdictOf(factsOf(given))
    assert.deepEqual([verdict.code, verdict.status], [code, status])
    assert.ok(
      verdict.what.length > 10 && verdict.fix.length > 10 && !`${verdict.what}${verdict.fix}`.includes('undefined'),
    )
  })
