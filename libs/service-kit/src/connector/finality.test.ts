import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mismatch } from '../settings/kind.ts'
import { finality } from './finality.ts'

const { kind } = finality({ describe: 'Test.', default: 'latest' })

test('a finality is a tag, a number of confirmations or an age, and shows as it is written', () => {
  const cases: readonly (readonly [string | number, unknown, string])[] = [
    ['latest', { kind: 'tag', tag: 'latest' }, 'latest'],
    ['finalized', { kind: 'tag', tag: 'finalized' }, 'finalized'],
    [12, { kind: 'confirmations', blocks: 12 }, '12'],
    ['12', { kind: 'confirmations', blocks: 12 }, '12'],
    ['7d', { kind: 'delay', ms: 604_800_000 }, '7d'],
  ]
  for (const [written, value, shown] of cases) {
    assert.deepEqual(kind.fromValue(written), value)
    assert.deepEqual(kind.fromText(String(written)), value)
    assert.equal(kind.display(kind.fromValue(written)), shown)
  }
  for (const wrong of ['finalised', '0', '-1', '1.5', '', 0, 1.5, true, []]) {
    assert.throws(() => kind.fromValue(wrong), Mismatch, String(wrong))
  }
})
