import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShapeReport } from '../shapes/shape.ts'
import { type HistoryEntry, historyEntry, parseHistory, regressions } from './history.ts'
import type { Machine } from './machine.ts'

const MACHINE: Machine = {
  processor: 'Test CPU',
  cores: 2,
  memoryGb: 8,
  platform: 'linux x64',
  node: '24.0.0',
  natsServer: '2.15.2',
  commit: 'abc1234',
}
const entry = (ratio: number, other: Partial<HistoryEntry> = {}): HistoryEntry => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  quick: false,
  machine: MACHINE,
  ratios: { 'sustained-public-5k': ratio },
  ...other,
})

test('an entry keeps the ratios of end to end and of the stages', () => {
  const shape = (name: ShapeReport['name'], figures: Record<string, number>): ShapeReport => ({
    name,
    runs: [],
    figures,
    faults: [],
  })
  const shapes = [
    shape('sustained-public-5k', {
      'bare.perSecond': 700,
      'product.perSecond': 500,
      ratio: 5 / 7,
      'worker.ratio': 0.9,
    }),
    shape('known-ids', { ratio: 0.99 }),
    shape('stages', { 'verify answer.ratio': 1.25, 'verify answer.bound.perSecond': 9 }),
  ]
  const { ratios } = historyEntry({ startedAt: 'x', quick: true, machine: MACHINE, shapes, verdicts: [] })
  assert.deepEqual(ratios, { 'verify answer': 1.25, 'sustained-public-5k': 0.7143 })
})

test('a regression is more than a tenth below the middle of the last three', () => {
  const past = [0.2, 0.8, 0.82, 0.78].map(ratio => entry(ratio))
  const cases: readonly (readonly [string, HistoryEntry, readonly HistoryEntry[], number])[] = [
    ['as before', entry(0.8), past, 0],
    ['a tenth less', entry(0.721), past, 0],
    ['more than a tenth less', entry(0.71), past, 1],
    ['the first run', entry(0.1), [], 0],
    ['another machine', entry(0.1, { machine: { ...MACHINE, processor: 'Other CPU' } }), past, 0],
    ['a quick run', entry(0.1, { quick: true }), past, 0],
    ['another Node', entry(0.1, { machine: { ...MACHINE, node: '25.0.0' } }), past, 1],
    ['a ratio that is new', entry(0.1, { ratios: { 'decode logs': 0.1 } }), past, 0],
  ]
  for (const [what, now, history, count] of cases) assert.equal(regressions(now, history).length, count, what)
  assert.deepEqual(regressions(entry(0.4), past), ['sustained-public-5k: 0.40 of the bound, 0.80 before: 50 % less'])
})

test('lines that are no entries are left out', () => {
  const good = JSON.stringify(entry(0.8))
  assert.deepEqual(parseHistory(`${good}\n{"a":1}\nnothing\n\n${good}\n`), [entry(0.8), entry(0.8)])
})
