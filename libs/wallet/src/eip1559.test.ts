import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, hexOf } from '@kms-connector/protocol'
import fc from 'fast-check'
import { serializeTransaction } from 'viem'
import { readTransaction, TransactionText, type UnsignedTransaction } from './eip1559.ts'

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

const good: UnsignedTransaction = {
  chainId: 1,
  nonce: 0,
  to: `0x${'11'.repeat(20)}`,
  data: '0x',
  gas: 21_000n,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
}

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

test('what was written is read back', () => {
  fc.assert(
    fc.property(transactions, signatures, (transaction, signature) => {
      assert.deepEqual(readTransaction(hexOf(new TransactionText(transaction).signed(signature))), transaction)
    }),
    { numRuns: 300 },
  )
})

test('any other bytes, and any damage, are read as a transaction or refused with a code', () => {
  const some = hexOf(new TransactionText(good).signed({ compact: new Uint8Array(64).fill(1), yParity: 1 }))
  const size = some.length / 2 - 1
  const damaged = fc.tuple(fc.nat(size - 1), fc.nat(255), fc.nat(size)).map(([at, byte, length]) => {
    const bytes = Buffer.from(some.slice(2), 'hex')
    bytes[at] = byte
    return hexOf(bytes.subarray(0, length))
  })
  const noise = fc.uint8Array({ maxLength: 100 }).map(bytes => hexOf(Uint8Array.of(2, ...bytes)))
  fc.assert(
    fc.property(fc.oneof(damaged, noise), raw => {
      try {
        const { to } = readTransaction(raw)
        assert.equal(to.length, 42)
      } catch (fault) {
        assert.ok(fault instanceof ConnectorError, String(fault))
        assert.equal(fault.code, 'INTERNAL')
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a transaction of another kind is refused', () => {
  const { chainId, to, gas, maxFeePerGas, maxPriorityFeePerGas } = good
  const fees = { type: 'eip1559', chainId, to, gas, maxFeePerGas, maxPriorityFeePerGas } as const
  const signature = { r: `0x${'11'.repeat(32)}`, s: `0x${'22'.repeat(32)}`, yParity: 0 } as const
  for (const raw of [
    serializeTransaction({ chainId, to, gas, gasPrice: 1n }, { ...signature, v: 27n }),
    serializeTransaction({ ...fees, value: 1n }, signature),
    serializeTransaction({ ...fees, accessList: [{ address: to, storageKeys: [] }] }, signature),
    serializeTransaction({ ...fees, to: null }, signature),
  ]) {
    assert.throws(() => readTransaction(raw), { code: 'INTERNAL' }, raw)
  }
  assert.equal(readTransaction(serializeTransaction(fees, signature)).to, to)
})

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
