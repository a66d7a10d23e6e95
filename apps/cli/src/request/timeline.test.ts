import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timelineLines } from './timelineLines.ts'

test('each line has its time, the time since the line before, and where to look next', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 250)
  const lines = timelineLines(
    [
      { at, by: 'gateway', what: 'asked', look: 'transaction 0x1' },
      { at: undefined, by: 'gateway', what: 'no time', look: '' },
      { at: at + 1_500, by: 'listener', what: 'published', look: 'here' },
      { at: at + 1_500 + 192_000, by: 'worker', what: 'answered', look: 'there' },
    ],
    80,
  )
  assert.deepEqual(lines, [
    'TIME (UTC)                   AFTER  BY        WHAT',
    '2026-01-02T03:04:05.250             gateway   asked',
    '    transaction 0x1',
    '-                                   gateway   no time',
    '2026-01-02T03:04:06.750             listener  published',
    '    here',
    '2026-01-02T03:07:18.750  +3 m 12 s  worker    answered',
    '    there',
  ])
})

test('nothing is said to be nothing', () => {
  assert.deepEqual(timelineLines([], 80), ['nothing is known to have happened'])
})
