import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, hexOf } from '@kms-connector/protocol'
import fc from 'fast-check'
import { serializeTransaction } from 'viem'
import { TransactionText, type UnsignedTransaction } from './eip1559.ts'

const uint = (bits: number) =>
  fc.oneof(fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }), fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n))
/** Lengths on both sides of each change of the form of a head. */
const lengths = fc.oneof(fc.nat(300), fc.constantFrom(0, 1, 54, 55, 56, 57, 255, 256, 257), fc.nat(70_000))
const data = lengths.chain(length => fc.uint8Array({ minLength: length, maxLength: length }))
const transactions: fc.Arbitrary<UnsignedTransaction> = fc
  .record({
    chainId: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    nonce: fc.oneof(fc.nat(300), fc.nat(2 ** 31)),
    to: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(hexOf),
    data: fc.oneof(data, fc.uint8Array({ maxLength: 1 })).map(hexOf),
    gas: uint(64),
    fee: uint(128),
    tip: uint(128),
  })
  .map(({ fee, tip, ...rest }) => ({ ...rest, maxFeePerGas: fee + tip, maxPriorityFeePerGas: tip }))
/** Some begin with zeros, which RLP leaves out. */
const words = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.oneof(fc.constant(0), fc.nat(31)))
  .map(([bytes, zeros]) => bytes.fill(0, 0, zeros).fill(1, 31))
const signatures = fc.record({
  compact: fc.tuple(words, words).map(([r, s]) => Uint8Array.of(...r, ...s)),
  yParity: fc.constantFrom(0, 1),
})

test('what is signed and what is sent are what viem writes', () => {
  fc.assert(
    fc.property(transactions, signatures, (transaction, signature) => {
      const text = new TransactionText(transaction)
      const { compact, yParity } = signature
      const [r, s] = [hexOf(compact.subarray(0, 32)), hexOf(compact.subarray(32))]
      assert.equal(hexOf(text.unsigned()), serializeTransaction({ type: 'eip1559', ...transaction }))
      assert.equal(
        hexOf(text.signed(signature)),
        serializeTransaction({ type: 'eip1559', ...transaction }, { r, s, yParity }),
      )
    }),
    { numRuns: 300 },
  )
})

const good: UnsignedTransaction = {
  chainId: 1,
  nonce: 0,
  to: `0x${'11'.repeat(20)}`,
  data: '0x',
  gas: 21_000n,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
}

for (const [label, part] of [
  ['a tip above the fee', { maxPriorityFeePerGas: 3n }],
  ['no chain', { chainId: 0 }],
  ['a negative nonce', { nonce: -1 }],
  ['half a nonce', { nonce: 0.5 }],
  ['a fee beyond 256 bits', { maxFeePerGas: 2n ** 256n }],
  ['no receiver', { to: '0x' }],
  ['a receiver that is too long', { to: `0x${'11'.repeat(21)}` }],
  ['data that is no hex', { data: '0xabc' }],
] as const) {
  test(`refuses ${label}`, () => {
    const refused = (fault: unknown) => fault instanceof ConnectorError && fault.code === 'INTERNAL'
    assert.throws(() => new TransactionText({ ...good, ...part }), refused)
  })
}
