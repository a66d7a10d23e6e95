import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LearnedGas } from './learnedGas.ts'

const NOW = 1_000_000

test('what is not known is estimated', () => assert.equal(new LearnedGas().guess('a', NOW), undefined))

test('others of a form are tried with a tenth more than was estimated, for half a minute', () => {
  const learned = new LearnedGas()
  learned.learn('a', 300_000n, NOW)
  assert.equal(learned.guess('a', NOW), 330_000n)
  assert.equal(learned.guess('a', NOW + 29_999), 330_000n)
  assert.equal(learned.guess('a', NOW + 30_000), undefined)
  assert.equal(learned.guess('b', NOW), undefined)
})

test('the newest estimate counts, also when it is lower', () => {
  const learned = new LearnedGas()
  learned.learn('a', 300_000n, NOW)
  learned.learn('a', 200_000n, NOW + 20_000)
  assert.equal(learned.guess('a', NOW + 40_000), 220_000n)
})

test('a guess is never below the estimate that it is made of', () => {
  const learned = new LearnedGas()
  for (const estimate of [1n, 9n, 21_000n]) {
    learned.learn('a', estimate, NOW)
    assert.ok((learned.guess('a', NOW) ?? 0n) >= estimate)
  }
})

test('no more forms are remembered than a bound, the one learned longest ago goes', () => {
  const learned = new LearnedGas()
  for (let n = 0; n < 64; n++) learned.learn(`form ${n}`, 1_000n, NOW)
  learned.learn('form 0', 2_000n, NOW)
  learned.learn('one more', 3_000n, NOW)
  assert.equal(learned.guess('form 0', NOW), 2_200n)
  assert.equal(learned.guess('form 1', NOW), undefined)
  assert.equal(learned.guess('form 2', NOW), 1_100n)
  assert.equal(learned.guess('one more', NOW), 3_300n)
})
