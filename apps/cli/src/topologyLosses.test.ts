import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Loss } from '@kms-connector/streams'
import { lossLine, refuseLosses } from './topologyLosses.ts'

const DAY = 86_400e9
const CASES: readonly (readonly [loss: Omit<Loss, 'stream'>, line: string])[] = [
  [{ field: 'max_age', present: 4 * DAY, wanted: 2 * DAY }, 'max_age is 4d, the settings say 2d'],
  [{ field: 'max_age', present: Number.POSITIVE_INFINITY, wanted: DAY }, 'max_age is no limit, the settings say 1d'],
  [{ field: 'max_bytes', present: 2048, wanted: 1024 }, 'max_bytes is 2.0 KiB, the settings say 1.0 KiB'],
  [{ field: 'max_msgs', present: 20, wanted: 10 }, 'max_msgs is 20, the settings say 10'],
  [{ field: 'num_replicas', present: 3, wanted: 1 }, 'num_replicas is 3, the settings say 1'],
]
for (const [loss, line] of CASES) {
  test(`refused: ${line}`, () => {
    const losses = [{ stream: 'OUTCOMES', ...loss }]
    assert.deepEqual(losses.map(lossLine), [`OUTCOMES: ${line}`])
    assert.throws(() => refuseLosses(losses), { name: 'WrongUse', message: /--config FILE, or --shorten/ })
  })
}

test('nothing to lose is nothing to refuse', () => refuseLosses([]))
