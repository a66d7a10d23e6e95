import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quorumOf } from './quorum.ts'

const vote = (endpoint: string, ...keys: readonly string[]) => ({ endpoint, keys })
const rows = [
  ['one of one', [vote('a', 'x')], 1, ['a'], []],
  ['two of two', [vote('a', 'x', 'y'), vote('b', 'y', 'x')], 2, ['a', 'b'], []],
  ['two that agree on nothing being there', [vote('a'), vote('b')], 2, ['a', 'b'], []],
  ['the same log twice counts once', [vote('a', 'x', 'x'), vote('b', 'x')], 2, ['a', 'b'], []],
  ['two against one', [vote('a', 'x'), vote('b'), vote('c', 'x')], 2, ['a', 'c'], ['b']],
  ['one is not enough', [vote('a', 'x')], 2, undefined, []],
  ['one against one', [vote('a', 'x'), vote('b')], 2, undefined, []],
  ['two against two', [vote('a', 'x'), vote('b', 'x'), vote('c'), vote('d')], 2, undefined, []],
  ['nobody', [], 1, undefined, []],
] as const
for (const [label, votes, needed, by, against] of rows) {
  test(`a quorum: ${label}`, () => {
    assert.deepEqual(
      quorumOf(votes, needed),
      by === undefined ? { kind: 'undecided' } : { kind: 'agreed', by, against },
    )
  })
}
