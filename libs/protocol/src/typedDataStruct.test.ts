import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashStruct as viemHashStruct } from 'viem'
import { hexOf } from './hex.ts'
import type { TypedDataField } from './typedData.ts'
import { compileStruct, hashStruct } from './typedDataStruct.ts'

interface Typed {
  readonly type: string
  readonly value: unknown
}

const bits = fc.integer({ min: 1, max: 32 }).map(bytes => 8 * bytes)
const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(hexOf)
const typed = (type: string, values: fc.Arbitrary<unknown>) => values.map(value => ({ type, value }))
const atoms: fc.Arbitrary<Typed> = fc.oneof(
  typed('bytes', fc.uint8Array({ maxLength: 300 }).map(hexOf)),
  typed('string', fc.string({ unit: 'binary' })),
  typed('bool', fc.boolean()),
  typed('address', hex(20)),
  typed('uint8', fc.integer({ min: 0, max: 255 })),
  bits.chain(n => typed(`uint${n}`, fc.bigInt({ min: 0n, max: 2n ** BigInt(n) - 1n }))),
  bits.chain(n => typed(`int${n}`, fc.bigInt({ min: -(2n ** BigInt(n - 1)), max: 2n ** BigInt(n - 1) - 1n }))),
  fc.integer({ min: 1, max: 32 }).chain(n => typed(`bytes${n}`, hex(n))),
  typed('bytes32[]', fc.array(hex(32), { maxLength: 5 })),
  typed('uint16[2]', fc.tuple(fc.nat(65_535), fc.nat(65_535))),
  typed('string[][3]', fc.tuple(fc.array(fc.string()), fc.array(fc.string()), fc.array(fc.string()))),
  typed('Zoo', fc.record({ owner: hex(20), animals: fc.array(fc.record({ legs: fc.nat(255) }), { maxLength: 3 }) })),
  typed('Animal[]', fc.array(fc.record({ legs: fc.nat(255) }), { maxLength: 3 })),
)

test('a struct of any types and values has the hash that viem finds', () => {
  fc.assert(
    fc.property(fc.array(atoms, { maxLength: 6 }), fields => {
      const types: Record<string, readonly TypedDataField[]> = {
        Message: fields.map(({ type }, i) => ({ name: `f${i}`, type })),
        Zoo: [
          { name: 'owner', type: 'address' },
          { name: 'animals', type: 'Animal[]' },
        ],
        Animal: [{ name: 'legs', type: 'uint8' }],
      }
      const message = Object.fromEntries(fields.map(({ value }, i) => [`f${i}`, value]))
      const expected = viemHashStruct({ data: message, primaryType: 'Message', types })
      assert.equal(hexOf(hashStruct(compileStruct(types, 'Message'), message)), expected)
    }),
    { numRuns: 300 },
  )
})

const one = (type: string) => compileStruct({ Message: [{ name: 'field', type }] }, 'Message')

for (const [type, value] of [
  ['bytes', '0x0'],
  ['bytes', '0xzz'],
  ['bytes', 'abcd'],
  ['bytes', undefined],
  ['bytes32', `0x${'00'.repeat(31)}`],
  ['bytes4', '0x0102030405'],
  ['address', '0x00'],
  ['address', `0x${'00'.repeat(32)}`],
  ['uint8', 256],
  ['uint256', -1n],
  ['uint256', 2n ** 256n],
  ['uint256', 1.5],
  ['uint256', '0x01'],
  ['int8', 128n],
  ['int8', -129n],
  ['bool', 1],
  ['string', 7],
  ['uint8[]', 7],
  ['uint8[2]', [1]],
  ['uint8[]', [1, 'two']],
] as const) {
  test(`${String(value).slice(0, 20)} is no ${type}`, () => {
    assert.throws(() => hashStruct(one(type), { field: value }), TypeError)
  })
}

for (const type of ['Nobody', 'uint7', 'uint264', 'bytes33', 'bytes0', 'uint', 'constructor', 'uint8[-1]', '']) {
  test(`"${type}" is no type`, () => assert.throws(() => one(type), TypeError))
}
