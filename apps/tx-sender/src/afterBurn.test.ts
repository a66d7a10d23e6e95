import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { type AfterBurn, afterBurn } from './afterBurn.ts'
import { NOW, slot } from './picture.test.ts'
import type { Review } from './reviewSlot.ts'

const fate = new ConnectorError('RESPONSE_REVERTED', 'never')

const cases: readonly (readonly [string, Review | undefined, AfterBurn['kind']])[] = [
  ['what the contract can never take is buried', { at: NOW, verdict: 'useless', fate }, 'bury'],
  ['F14 answered already: asked about again', { at: NOW, verdict: 'useless', fate: undefined }, 'ask-again'],
  ['F9 refused bytes that the contract takes use up budget', { at: NOW, verdict: 'fine', fate: undefined }, 'refused'],
  ['F8 without a word of the contract budget is used up, too', undefined, 'refused'],
]

for (const [label, review, kind] of cases) {
  test(label, () => assert.equal(afterBurn(slot(0, { review })).kind, kind))
}
