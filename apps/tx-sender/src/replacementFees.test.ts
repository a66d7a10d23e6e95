import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Replacement, type ReplacementTerms, replacementFees } from './replacementFees.ts'

const fees = (maxFeePerGas: bigint, maxPriorityFeePerGas = 0n) => ({ maxFeePerGas, maxPriorityFeePerGas })
const terms = (old: bigint, quoted: bigint, patch: Partial<ReplacementTerms> = {}): ReplacementTerms => ({
  old: fees(old),
  quote: { ...fees(quoted), baseFee: quoted / 2n },
  ceiling: 1_000n,
  burn: false,
  ...patch,
})

const cases: readonly (readonly [string, ReplacementTerms, Replacement])[] = [
  ['F8 stuck head: a tenth more than before', terms(100n, 50n), { kind: 'fees', fees: fees(111n, 1n) }],
  ['F8 stuck head: what the market asks when that is more', terms(100n, 400n), { kind: 'fees', fees: fees(400n, 1n) }],
  ['F8 stuck head: never below the old fee', terms(900n, 100n), { kind: 'fees', fees: fees(991n, 1n) }],
  ['F8 stuck head: no room for a tenth more under the ceiling', terms(910n, 100n), { kind: 'exhausted' }],
  ['F8 stuck head: the market is above the ceiling', terms(900n, 2_002n), { kind: 'dear' }],
  [
    'F8 stuck head: a burn may pay twice the ceiling, its gas is a small part of an answer',
    terms(1_000n, 100n, { burn: true }),
    { kind: 'fees', fees: fees(1_101n, 1n) },
  ],
  ['F8 stuck head: a burn has a ceiling, too', terms(1_900n, 100n, { burn: true }), { kind: 'exhausted' }],
  [
    'F10 replacement underpriced: the tip grows by a tenth as well',
    terms(100n, 50n, { old: fees(100n, 20n) }),
    { kind: 'fees', fees: fees(111n, 23n) },
  ],
  [
    'the tip never exceeds the fee',
    terms(100n, 50n, { quote: { ...fees(50n, 500n), baseFee: 25n } }),
    { kind: 'fees', fees: fees(111n, 111n) },
  ],
]

for (const [label, given, expected] of cases) {
  test(label, () => assert.deepEqual(replacementFees(given), expected))
}
