import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuProfile, hotSpots } from './hotSpots.ts'

const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 9 } })
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(idle)'),
    node(2, 'hash', 'file:///x/node_modules/lib/hash.js'),
    node(3, '', 'file:///x/libs/gateway/dist/rpc.js'),
    node(4, 'hash', 'file:///x/node_modules/lib/hash.js'),
    node(5, '(garbage collector)'),
  ],
  samples: [1, 2, 4, 3, 5, 1],
  timeDeltas: [1_000, 300, 300, 380, 20, 5_000],
}

test('own times of a function are added up, idle time does not count, small shares are left out', () => {
  assert.deepEqual(hotSpots([PROFILE], 0.05), [
    { where: 'hash lib/hash.js:10', share: 0.6 },
    { where: '(anonymous) libs/gateway/dist/rpc.js:10', share: 0.38 },
  ])
  assert.equal(hotSpots([PROFILE, PROFILE], 0).length, 3)
  assert.deepEqual(hotSpots([], 0.05), [])
})
