import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEY_OPERATIONS } from '../workload/index.ts'
import { liveTable } from './liveTable.ts'
import { Progress } from './progress.ts'

function busy(): Progress {
  const progress = new Progress(['public', 'user'])
  progress.nodes = 4
  progress.processes = Array.from({ length: 16 }, (_, n) => ({ name: `process-${n}`, pid: n, state: 'ready' as const }))
  for (let n = 1; n <= 9; n++) progress.note(`note ${n}`)
  return progress
}

test('a small terminal is never overrun, with and without key management', () => {
  const progress = busy()
  for (const operation of [undefined, ...KEY_OPERATIONS]) {
    if (operation) progress.keySteps[operation] = 3
    const lines = liveTable(progress, 80, 24)
    assert.ok(lines.length < 24, `${lines.length} lines`)
    assert.match(lines.at(-1) ?? '', /note 9/)
  }
})

test('key management shows how many nodes have answered each operation', () => {
  const progress = busy()
  assert.doesNotMatch(liveTable(progress, 80, 60).join('\n'), /keygen/)
  progress.keySteps.keygen = 3
  assert.match(liveTable(progress, 80, 60).join('\n'), /keygen .* 3\/4/)
})
