import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payableCount } from './payable.ts'
import { attempt, slotWith, state } from './picture.test.ts'
import type { Slot } from './senderState.ts'

/** A transaction that can cost this much. */
const costing = (wei: bigint) => ({ ...attempt, gas: wei, maxFeePerGas: 1n })
const open = slotWith(0, [costing(40n)])

const cases: readonly (readonly [string, readonly Slot[], readonly bigint[], bigint, number])[] = [
  ['all of them', [], [10n, 10n], 40n, 2],
  ['with some left', [], [10n, 10n], 1_000n, 2],
  ['a wei short of the second', [], [10n, 10n], 39n, 1],
  ['none', [], [10n], 19n, 0],
  ['what waits to be mined is reserved', [open], [10n], 59n, 0],
  ['and no more than that', [open], [10n], 60n, 1],
  ['of several transactions for a nonce the dearest', [slotWith(0, [costing(5n), costing(40n)])], [10n], 59n, 0],
  ['what is mined has been paid', [slotWith(0, [costing(40n)], { state: 'mined' })], [10n], 20n, 1],
  ['a cheap one does not overtake', [], [100n, 1n], 40n, 0],
  ['nothing to pay for', [], [], 0n, 0],
]

for (const [label, slots, gas, balance, count] of cases) {
  test(`answers that the wallet can pay for: ${label}`, () => {
    const entries = gas.map(each => ({ gas: each }))
    assert.equal(payableCount(state([...slots], []), entries, { maxFeePerGas: 2n }, balance), count)
  })
}
