import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  planAnswerReplay,
  planConflictReplay,
  planRequestReplay,
  type ReplayFacts,
  type ReplayPlan,
} from './replayPlan.ts'

const NOTHING: ReplayFacts = { runs: [], answers: [], outcome: undefined, checkpoint: undefined }
const FIRST = { rerun: 0, storedAt: 10 }
const publish = (rerun: number): ReplayPlan => ({ kind: 'publish', rerun })

const requests: readonly [string, number, Partial<ReplayFacts>, ReplayPlan['kind'] | ReplayPlan][] = [
  ['the first run died', 0, { runs: [FIRST] }, publish(1)],
  ['its stream has forgotten it', 0, {}, publish(1)],
  ['a re-run died', 2, { runs: [FIRST, { rerun: 1, storedAt: 12 }, { rerun: 2, storedAt: 14 }] }, publish(3)],
  ['a re-run died whose stream has forgotten it', 2, { runs: [] }, publish(3)],
  ['a hole in the numbers is not filled', 0, { runs: [FIRST, { rerun: 4, storedAt: 12 }] }, publish(5)],
  ['replayed already', 0, { runs: [FIRST, { rerun: 1, storedAt: 21 }] }, 'overtaken'],
  ['replayed within the millisecond', 0, { runs: [FIRST, { rerun: 1, storedAt: 20 }] }, 'overtaken'],
  ['died within the millisecond of its own publication', 1, { runs: [{ rerun: 1, storedAt: 20 }] }, publish(2)],
  ['published anew after its age', 0, { runs: [{ rerun: 0, storedAt: 21 }] }, 'overtaken'],
  ['answered by another run', 0, { runs: [FIRST], answers: [{ rerun: 0, storedAt: 5 }] }, 'overtaken'],
]
for (const [name, rerun, facts, expected] of requests) {
  test(`replay of a request: ${name}`, () => {
    const plan = planRequestReplay({ seq: 1, rerun, storedAt: 20 }, { ...NOTHING, ...facts })
    if (typeof expected === 'string') assert.equal(plan.kind, expected)
    else assert.deepEqual(plan, expected)
  })
}

const dead = { status: 'dead' } as const
const answers: readonly [string, number, Partial<ReplayFacts>, ReplayPlan['kind'] | ReplayPlan][] = [
  ['given up', 0, { answers: [FIRST], outcome: dead }, publish(1)],
  ['a replay was given up', 1, { answers: [FIRST, { rerun: 1, storedAt: 15 }], outcome: dead }, publish(2)],
  ['both have expired, the checkpoint is behind it', 0, { checkpoint: 7 }, publish(1)],
  ['the sender died before it stored the outcome', 0, { answers: [FIRST], checkpoint: 6 }, 'refused'],
  ['no checkpoint and no outcome', 0, { answers: [FIRST] }, 'refused'],
  ['replayed already', 0, { answers: [FIRST, { rerun: 1, storedAt: 21 }], outcome: dead }, 'overtaken'],
  ['computed anew after its age', 0, { answers: [{ rerun: 0, storedAt: 21 }], outcome: dead }, 'overtaken'],
  ['replayed and confirmed', 0, { answers: [FIRST], outcome: { status: 'confirmed' } }, 'overtaken'],
  ['on chain by another way', 0, { answers: [FIRST], outcome: { status: 'already-answered' } }, 'overtaken'],
]
for (const [name, rerun, facts, expected] of answers) {
  test(`replay of an answer: ${name}`, () => {
    const plan = planAnswerReplay({ seq: 7, rerun, storedAt: 20 }, { ...NOTHING, ...facts })
    if (typeof expected === 'string') assert.equal(plan.kind, expected)
    else assert.deepEqual(plan, expected)
  })
}

const conflicts: readonly [string, Partial<ReplayFacts>, ReplayPlan['kind'] | ReplayPlan][] = [
  ['the first payload is unanswered', { runs: [FIRST] }, publish(1)],
  ['the first payload was run again', { runs: [FIRST, { rerun: 2, storedAt: 12 }] }, publish(3)],
  ['the stream has forgotten the first payload', {}, publish(1)],
  ['the first payload is answered: a right answer could not be stored', { runs: [FIRST], answers: [FIRST] }, 'refused'],
  ['its answer was given up, and keeps its subject', { runs: [FIRST], answers: [FIRST], outcome: dead }, 'refused'],
  ['only the replay of its answer is left', { runs: [FIRST], answers: [{ rerun: 1, storedAt: 15 }] }, 'refused'],
  ['its answer was removed, how it ended is known', { runs: [FIRST], outcome: dead }, publish(1)],
]
for (const [name, facts, expected] of conflicts) {
  test(`replay of the second of two requests with one id: ${name}`, () => {
    const plan = planConflictReplay({ ...NOTHING, ...facts })
    if (typeof expected === 'string') assert.equal(plan.kind, expected)
    else assert.deepEqual(plan, expected)
  })
}
