import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkpointFault, type StreamIdentity } from './streamIdentity.ts'

const identity: StreamIdentity = { stream: 'S', created: 'monday', firstSeq: 5, lastSeq: 9, messages: 5, bytes: 1 }

test('a checkpoint fits when the next message behind it is still there or still to come', () => {
  for (const seq of [4, 7, 9]) assert.equal(checkpointFault({ seq, created: 'monday' }, identity), undefined)
  const empty = { ...identity, firstSeq: 10, messages: 0 }
  assert.equal(checkpointFault({ seq: 9, created: 'monday' }, empty), undefined)
})

test('a recreated, shortened or trimmed stream is found', () => {
  assert.match(checkpointFault({ seq: 7, created: 'sunday' }, identity)?.message ?? '', /created monday/)
  assert.match(checkpointFault({ seq: 10, created: 'monday' }, identity)?.message ?? '', /ends at 9/)
  assert.match(checkpointFault({ seq: 3, created: 'monday' }, identity)?.message ?? '', /are gone/)
})
