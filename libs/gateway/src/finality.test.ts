import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finality, parseFinality } from './finality.ts'

const duration = (text: string) => (/^\d+d$/.test(text) ? Number.parseInt(text, 10) * 86_400_000 : undefined)

const cases: readonly (readonly [string, Finality | undefined])[] = [
  ['latest', { kind: 'tag', tag: 'latest' }],
  ['safe', { kind: 'tag', tag: 'safe' }],
  ['finalized', { kind: 'tag', tag: 'finalized' }],
  ['12', { kind: 'confirmations', blocks: 12 }],
  ['1', { kind: 'confirmations', blocks: 1 }],
  ['7d', { kind: 'delay', ms: 7 * 86_400_000 }],
  ['0', undefined],
  ['0d', undefined],
  ['-3', undefined],
  ['9999999', undefined],
  ['finalised', undefined],
  ['pending', undefined],
  ['', undefined],
]

for (const [text, finality] of cases) {
  test(`finality "${text}"`, () => assert.deepEqual(parseFinality(text, duration), finality))
}
