import assert from 'node:assert/strict'
import { test } from 'node:test'
import { look } from './look.ts'
import { entry, NOW, policy, slot, state } from './picture.test.ts'
import type { SenderState } from './senderState.ts'

/** Pictures in which something is due at NOW, and nothing else ever. */
const cases: readonly (readonly [string, SenderState])[] = [
  ['an answer that is to be tried again', state([], [entry(1, { notBefore: NOW })])],
  ['a commit', state([], [entry(1, { state: 'ready' })], { commitNotBefore: NOW })],
  ['a refused transaction', state([slot(0, { notBefore: NOW })], [])],
  ['the checkpoint', state([], [], { lastRead: 1, checkpointedAt: NOW - policy.checkpointEveryMs })],
]

for (const [label, given] of cases) {
  test(`a time that comes while the sender looks is not missed: ${label}`, () => {
    let reading = NOW - 2
    const { actions, nextMs } = look(given, policy, () => reading++)
    assert.ok(actions.length > 0 || nextMs() !== undefined)
    assert.equal(look(given, policy, () => NOW).actions.length, 1)
  })
}
