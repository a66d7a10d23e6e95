import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatEther } from 'viem'
import { etherText } from './etherText.ts'

for (const [wei, text] of [
  [0n, '0'],
  [1n, '0.000000000000000001'],
  [10n ** 18n, '1'],
  [1_050_000_000_000_000_000n, '1.05'],
] as const) {
  test(`${wei} wei are ${text}`, () => assert.equal(etherText(wei), text))
}

test('any amount is written as viem writes it', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n }), wei => assert.equal(etherText(wei), formatEther(wei))))
})
