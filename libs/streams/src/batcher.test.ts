import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batcher } from './batcher.ts'

test('a full batch leaves at once', () => {
  const batcher = new Batcher<number>(3, 20)
  assert.equal(batcher.add(1, 0), undefined)
  assert.equal(batcher.add(2, 1), undefined)
  assert.deepEqual(batcher.add(3, 2), [1, 2, 3])
  assert.equal(batcher.length, 0)
  assert.equal(batcher.dueIn(3), undefined)
})

test('a started batch is due when its oldest item has waited', () => {
  const batcher = new Batcher<number>(64, 20)
  batcher.add(1, 100)
  batcher.add(2, 115)
  assert.equal(batcher.dueIn(115), 5)
  assert.equal(batcher.dueIn(130), 0)
  assert.deepEqual(batcher.flush(), [1, 2])
  batcher.add(3, 200)
  assert.equal(batcher.dueIn(200), 20)
})

test('size 1 and linger 0 never wait', () => {
  assert.deepEqual(new Batcher<string>(1, 20).add('a', 0), ['a'])
  assert.deepEqual(new Batcher<string>(64, 0).add('a', 0), ['a'])
})
