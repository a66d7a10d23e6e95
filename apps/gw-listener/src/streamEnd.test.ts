import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamEnd } from './streamEnd.ts'

type Step =
  | { readonly reached: number }
  /** Publications that are sent together, with the numbers that they get. */
  | { readonly stored: readonly number[] }
  | { readonly beginAgain: number }

const CASES: readonly (readonly [
  when: string,
  steps: readonly Step[],
  lastSeq: number,
  intact: number,
  isSetBack: boolean,
])[] = [
  ['nothing is known', [], 0, 0, false],
  ['it ends where it did', [{ reached: 3 }], 3, 3, false],
  ['others have published', [{ reached: 3 }], 9, 9, false],
  ['it ends before', [{ reached: 3 }], 2, 2, true],
  ['what was stored in order is there', [{ stored: [1] }, { stored: [2] }], 2, 2, false],
  ['what was stored last is gone', [{ stored: [1] }, { stored: [2] }], 1, 1, true],
  ['answers come out of order', [{ stored: [3, 1, 2] }], 3, 3, false],
  ['a number is given again', [{ stored: [1] }, { stored: [2] }, { stored: [2] }], 2, 1, true],
  [
    'a number is given again and more follow',
    [{ reached: 5 }, { stored: [4] }, { stored: [5] }, { stored: [6] }],
    6,
    3,
    true,
  ],
  ['several are given again out of order', [{ reached: 5 }, { stored: [5, 4] }], 5, 3, true],
  ['it counts anew', [{ reached: 5 }, { stored: [4] }, { beginAgain: 4 }], 4, 4, false],
  ['it counted anew and goes on', [{ reached: 5 }, { stored: [4] }, { beginAgain: 4 }, { stored: [5] }], 5, 5, false],
  ['it counted anew and is set back again', [{ reached: 5 }, { beginAgain: 4 }, { stored: [4] }], 4, 3, true],
]

for (const [when, steps, lastSeq, intact, isSetBack] of CASES) {
  test(`the end of a stream when ${when}`, () => {
    const end = new StreamEnd()
    for (const step of steps) {
      if ('reached' in step) end.reached(step.reached)
      else if ('beginAgain' in step) end.beginAgain(step.beginAgain)
      else {
        const watches = step.stored.map(seq => [end.watch(), seq] as const)
        for (const [stored, seq] of watches) stored(seq)
      }
    }
    assert.equal(end.intact(lastSeq), intact)
    assert.equal(end.isSetBack(lastSeq), isSetBack)
  })
}
