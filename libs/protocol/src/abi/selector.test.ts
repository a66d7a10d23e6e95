import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAbi, toEventSelector, toFunctionSelector } from 'viem'
import { OPERATIONS_V0_11 } from '../v0_11/operations.ts'
import { selectorOf, topicOf } from './selector.ts'

/** Selectors that everybody knows. */
const [transfer] = parseAbi(['function transfer(address to, uint256 amount) returns (bool)'])
test('the selector of a well-known function', () => assert.equal(selectorOf(transfer), '0xa9059cbb'))

const [empty, nested] = parseAbi([
  'function nothing()',
  'struct Inner { uint8 kind; bytes[] parts; }',
  'struct Pair { address owner; string name; }',
  'struct Outer { Inner[2][] inners; Pair[3] pairs; int64 last; }',
  'function nested(Outer outer, Inner[] inners, bytes32[4][] words)',
])
for (const called of [empty, nested]) {
  test(`the selector of ${called.name} is that of viem`, () =>
    assert.equal(selectorOf(called), toFunctionSelector(called)))
}

for (const { name, event } of OPERATIONS_V0_11) {
  test(`the topic of ${name} is that of viem`, () => assert.equal(topicOf(event), toEventSelector(event)))
}
