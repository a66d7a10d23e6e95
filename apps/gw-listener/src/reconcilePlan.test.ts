import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evidence, isDue, type RunStanding, runStanding, runsToRepeat } from './reconcilePlan.ts'

const NOTHING: Evidence = { answered: false, settled: false, diedAt: undefined }
const POSITION = { deliveredSeq: 20, ackFloorSeq: 10, waiting: 0, held: 1 }

const standings: readonly [string, number, Partial<Evidence>, RunStanding][] = [
  ['answered', 5, { answered: true }, 'done'],
  ['answered, its answer expired, its outcome is kept', 5, { settled: true }, 'done'],
  ['given up after it was published', 5, { diedAt: 101 }, 'done'],
  ['given up in the same millisecond', 5, { diedAt: 100 }, 'done'],
  ['given up before this re-run', 5, { diedAt: 99 }, 'lost'],
  ['not delivered yet', 21, {}, 'waiting'],
  ['the newest delivery', 20, {}, 'unclear'],
  ['just above the floor', 11, {}, 'unclear'],
  ['at the floor', 10, {}, 'lost'],
]
for (const [name, seq, evidence, expected] of standings) {
  test(`a run that is ${name}: ${expected}`, () => {
    assert.equal(runStanding({ seq, rerun: 0, storedAt: 100 }, { ...NOTHING, ...evidence }, POSITION), expected)
  })
}

test('without workers nothing is lost', () => {
  assert.equal(runStanding({ seq: 1, rerun: 0, storedAt: 0 }, NOTHING, undefined), 'waiting')
})

test('every re-run waits twice as long as the one before, up to 64 times', () => {
  const due = (rerun: number, age: number) => isDue({ seq: 1, rerun, storedAt: 1_000 }, 10, 1_000 + age)
  assert.deepEqual(
    [due(0, 9), due(0, 10), due(1, 19), due(1, 20), due(3, 79), due(3, 80)],
    [false, true, false, true, false, true],
  )
  assert.deepEqual([due(40, 639), due(40, 640)], [false, true])
})

const open = (seq: number, standing: 'waiting' | 'unclear' | 'lost', storedAt = 0) => ({
  run: { seq, rerun: 0, storedAt },
  standing,
})
const choices: readonly [string, readonly ReturnType<typeof open>[], number, readonly number[]][] = [
  ['what is lost, not what waits', [open(1, 'lost'), open(2, 'waiting')], 5, [1]],
  ['nothing while as many are held as are unclear', [open(1, 'unclear'), open(2, 'unclear')], 2, []],
  ['all that are unclear when fewer are held', [open(1, 'unclear'), open(2, 'unclear')], 1, [1, 2]],
  ['what is unclear when nothing is held', [open(1, 'unclear')], 0, [1]],
  ['nothing that is young', [open(1, 'lost', 95), open(2, 'unclear', 95)], 0, []],
  ['the old one beside a young one that counts', [open(1, 'unclear'), open(2, 'unclear', 95)], 1, [1]],
]
for (const [name, runs, held, expected] of choices) {
  test(`runs again: ${name}`, () => {
    assert.deepEqual(
      runsToRepeat(runs, held, 10, 100).map(({ run }) => run.seq),
      expected,
    )
  })
}
