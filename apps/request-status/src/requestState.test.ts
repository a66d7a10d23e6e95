import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11, OperationTable, requestIdOf } from '@kms-connector/protocol'
import type { Burial, Facts, StoredOutcome } from './facts.ts'
import { newestRun, standingOf } from './requestState.ts'

const operation = new OperationTable(OPERATIONS_V0_11).named('public-decryption')
const id = requestIdOf((1n << 248n) + 1n)
const nothing: Facts = {
  operation,
  id,
  first: undefined,
  newestRerun: undefined,
  reruns: 0,
  response: undefined,
  outcome: undefined,
  burials: [],
  workers: undefined,
  slot: undefined,
  readAt: 1_000,
  keptMs: 10_000,
}
/** By when all that was stored at 5 has expired. */
const later = { readAt: 10_005 }
const run = (seq: number, storedAt = seq) => ({ seq, storedAt, origin: undefined })
const response = { storedAt: 100, answeredAt: 100, origin: undefined }
const workers = (deliveredSeq: number, ackFloorSeq: number) => ({ deliveredSeq, ackFloorSeq, waiting: 0, held: 0 })
const burial = (of: Burial['of'], storedAt: number): Burial => {
  return { stage: 'kms-worker', code: 'CORE_REFUSED', detail: 'no', at: storedAt, storedAt, of }
}
const outcome = (status: StoredOutcome['status'], storedAt = 200): StoredOutcome => {
  return { operation: operation.name, id, status, attempts: 1, settledAt: storedAt, storedAt }
}
const slot = { nonce: 7, hash: '0x01', attempts: 1, firstSignedAt: 150 }

const cases: readonly (readonly [string, Partial<Facts>, string | undefined])[] = [
  ['nothing is known', {}, undefined],
  ['stored, and there are no workers yet', { first: run(5) }, 'received'],
  ['not delivered yet', { first: run(5), workers: workers(4, 4) }, 'received'],
  ['delivered, not acknowledged', { first: run(5), workers: workers(5, 4) }, 'working'],
  ['delivered, and later ones too', { first: run(5), workers: workers(50, 4) }, 'working'],
  ['acknowledged, answer expired', { ...later, first: run(5), workers: workers(50, 5) }, 'answered'],
  ['acknowledged, and its answer would still be kept', { first: run(5), workers: workers(50, 5) }, 'lost'],
  [
    'acknowledged, and its answer would be kept for another millisecond',
    { readAt: 10_004, first: run(5), workers: workers(50, 5) },
    'lost',
  ],
  [
    'a re-run was acknowledged lately',
    { ...later, first: run(5), newestRerun: run(9, 5_000), reruns: 1, workers: workers(50, 9) },
    'lost',
  ],
  [
    'a lost one was run again',
    { first: run(5), newestRerun: run(60, 500), reruns: 1, workers: workers(50, 50) },
    'received',
  ],
  [
    'a re-run was acknowledged, the outcome of the first tells the end',
    { first: run(5), newestRerun: run(9, 900), reruns: 1, workers: workers(50, 9), outcome: outcome('confirmed') },
    'confirmed',
  ],
  ['answered', { first: run(5), workers: workers(5, 5), response }, 'answered'],
  ['answered, request expired', { response }, 'answered'],
  ['answered before the acknowledgement', { first: run(5), workers: workers(5, 4), response }, 'answered'],
  ['a transaction is open', { first: run(5), response, slot }, 'submitted'],
  ['confirmed', { first: run(5), response, slot, outcome: outcome('confirmed') }, 'confirmed'],
  ['confirmed, all else expired', { outcome: outcome('confirmed') }, 'confirmed'],
  ['already answered', { response, outcome: outcome('already-answered') }, 'already-answered'],
  ['completed', { response, outcome: outcome('completed') }, 'completed'],
  ['the request was buried', { first: run(5), workers: workers(5, 5), burials: [burial('request', 90)] }, 'dead'],
  ['only the dead letter is left', { burials: [burial('request', 90)] }, 'dead'],
  ['the answer was buried', { first: run(5), response, burials: [burial('answer', 120)] }, 'dead'],
  ['the answer was buried and has its outcome', { response, outcome: outcome('dead') }, 'dead'],
  ['only the outcome is left', { outcome: outcome('dead') }, 'dead'],
  [
    'buried by a worker while another answered',
    { first: run(5), response, burials: [burial('request', 120)] },
    'answered',
  ],
  [
    'buried first, confirmed after a replay',
    { burials: [burial('answer', 120)], outcome: outcome('confirmed') },
    'confirmed',
  ],
  [
    'answered anew after its burial',
    { response: { ...response, storedAt: 130 }, burials: [burial('answer', 120)] },
    'answered',
  ],
  [
    'run again after its burial',
    { first: run(5), newestRerun: run(9, 95), reruns: 1, workers: workers(8, 8), burials: [burial('request', 90)] },
    'received',
  ],
  [
    'the re-run is being worked on',
    { first: run(5), newestRerun: run(9, 95), reruns: 1, workers: workers(9, 8), burials: [burial('request', 90)] },
    'working',
  ],
  [
    'the re-run was buried too',
    { first: run(5), newestRerun: run(9, 95), reruns: 1, workers: workers(9, 9), burials: [burial('request', 99)] },
    'dead',
  ],
]

for (const [label, facts, state] of cases) {
  test(`${label}: ${state ?? 'unknown'}`, () => assert.equal(standingOf({ ...nothing, ...facts })?.state, state))
}

const finals = new Set(['confirmed', 'already-answered', 'completed', 'dead'])
for (const [label, facts, state] of cases) {
  if (state === undefined) continue
  test(`final or not: ${label}`, () => {
    const standing = standingOf({ ...nothing, ...facts })
    assert.equal(standing?.final, finals.has(state) || standing?.forgotten)
  })
}

test('the newest run is the one with the highest sequence', () => {
  assert.equal(newestRun({ first: run(5), newestRerun: run(9) })?.seq, 9)
  assert.equal(newestRun({ first: run(12), newestRerun: run(9) })?.seq, 12)
  assert.equal(newestRun({ first: undefined, newestRerun: run(9) })?.seq, 9)
  assert.equal(newestRun({ first: undefined, newestRerun: undefined }), undefined)
})
