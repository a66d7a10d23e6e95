import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, oneOf, seededRandom } from './seededRandom.ts'

test('a seed gives the same numbers again, and another seed gives others', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed))
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('the numbers of a seed never change between versions: seeds that failed must stay repeatable', () => {
  const random = seededRandom(1)
  assert.deepEqual(
    [random(), random(), random()].map(n => n.toFixed(6)),
    ['0.627074', '0.002736', '0.527447'],
  )
})

test('both ends of a range are drawn, and nothing else', () => {
  const random = seededRandom(3)
  const drawn = new Set(Array.from({ length: 200 }, () => between(random, 2, 5)))
  assert.deepEqual([...drawn].sort(), [2, 3, 4, 5])
})

test('nothing can be drawn from nothing', () => {
  assert.throws(() => oneOf(seededRandom(1), []), RangeError)
})
