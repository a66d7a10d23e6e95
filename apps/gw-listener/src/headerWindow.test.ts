import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderWindow } from './headerWindow.ts'

const filled = (capacity: number, ...blocks: readonly number[]) => {
  const window = new HeaderWindow(capacity)
  for (const block of blocks) window.remember(block, `0x${block}`)
  return window
}

test('the lowest blocks are forgotten first, in whatever order they came', () => {
  assert.deepEqual(filled(3, 5, 1, 9, 7).downFrom(100), [9, 7, 5])
})

test('a block has the hash it was last read with', () => {
  const window = filled(3, 5)
  window.remember(5, '0xaa')
  assert.equal(window.hashAt(5), '0xaa')
  assert.equal(window.hashAt(6), undefined)
})

test('blocks are walked downwards from any point, and those of a dead branch are forgotten', () => {
  const window = filled(10, 1, 3, 4, 8)
  assert.deepEqual(window.downFrom(4), [4, 3, 1])
  window.forgetAbove(3)
  assert.deepEqual(window.downFrom(100), [3, 1])
})
