import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AbiParameter,
  decodeAbiParameters,
  encodeAbiParameters,
  encodeFunctionData,
  toFunctionSelector,
} from 'viem'
import { type Hex, hexOf } from '../hex.ts'
import { parameterDecoder } from './decodeParameters.ts'
import { encodeCall } from './encodeCall.ts'

interface Typed {
  readonly parameter: AbiParameter
  readonly values: fc.Arbitrary<unknown>
}

const bytes = (length: fc.IntegerConstraints) =>
  fc.uint8Array({ minLength: length.min ?? 0, maxLength: length.max ?? 80 }).map(hexOf)
const plain = (type: string, values: fc.Arbitrary<unknown>): Typed => ({ parameter: { type, name: 'value' }, values })
const bits = fc.integer({ min: 1, max: 32 }).map(n => 8 * n)
const asNumber = (n: number) => (value: bigint) => (n <= 48 ? Number(value) : value)
const atoms: fc.Arbitrary<Typed> = fc.oneof(
  fc.constant(plain('bytes', bytes({ max: 100 }))),
  fc.constant(plain('string', fc.string({ unit: 'binary' }))),
  fc.constant(plain('bool', fc.boolean())),
  fc.constant(plain('address', bytes({ min: 20, max: 20 }))),
  fc.integer({ min: 1, max: 32 }).map(n => plain(`bytes${n}`, bytes({ min: n, max: n }))),
  bits.map(n => plain(`uint${n}`, fc.bigInt({ min: 0n, max: 2n ** BigInt(n) - 1n }).map(asNumber(n)))),
  bits.map(n =>
    plain(`int${n}`, fc.bigInt({ min: -(2n ** BigInt(n - 1)), max: 2n ** BigInt(n - 1) - 1n }).map(asNumber(n))),
  ),
)

function arrayOf({ parameter, values }: Typed, size: number | undefined): Typed {
  const length = size === undefined ? { maxLength: 4 } : { minLength: size, maxLength: size }
  return { parameter: { ...parameter, type: `${parameter.type}[${size ?? ''}]` }, values: fc.array(values, length) }
}

function tupleOf(fields: readonly Typed[], isNamed: boolean): Typed {
  const components = fields.map(({ parameter }, i) => ({ ...parameter, name: isNamed ? `f${i}` : '' }))
  const all = fc.tuple(...fields.map(({ values }) => values))
  const values = all.map(list =>
    isNamed && list.length > 0 ? Object.fromEntries(list.map((v, i) => [`f${i}`, v])) : list,
  )
  return { parameter: { type: 'tuple', name: 'value', components }, values }
}

const { typed } = fc.letrec<{ typed: Typed }>(tie => ({
  typed: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atoms,
    fc.tuple(tie('typed'), fc.constantFrom(undefined, 1, 2, 3)).map(([of, size]) => arrayOf(of, size)),
    fc
      .tuple(fc.array(tie('typed'), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([of, named]) => tupleOf(of, named)),
  ),
}))

/** Addresses of viem have a checksum, ours are in lower case; hex of other types is in lower case at both. */
function lower(value: unknown): unknown {
  if (typeof value === 'string') return /^0x[0-9a-fA-F]{40}$/.test(value) ? value.toLowerCase() : value
  if (Array.isArray(value)) return value.map(lower)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lower(each)]))
}

const encoded = fc
  .array(typed, { minLength: 1, maxLength: 4 })
  .chain(list =>
    fc.record({
      parameters: fc.constant(list.map(each => each.parameter)),
      values: fc.tuple(...list.map(each => each.values)),
    }),
  )
  .map(({ parameters, values }) => ({ parameters, values, data: encodeAbiParameters(parameters, values) }))

test('any values of any types are read as viem reads them', () => {
  fc.assert(
    fc.property(encoded, ({ parameters, data }) => {
      assert.deepEqual(parameterDecoder(parameters)(data), lower(decodeAbiParameters(parameters, data)))
    }),
    { numRuns: 2_000 },
  )
})

test('any values of any types are written as viem writes them', () => {
  fc.assert(
    fc.property(encoded, ({ parameters, values, data }) => {
      const called = { type: 'function', name: 'f', inputs: parameters, outputs: [], stateMutability: 'view' } as const
      const expected = encodeFunctionData({ abi: [called], args: values })
      assert.equal(expected, `${toFunctionSelector(called)}${data.slice(2)}`)
      assert.equal(encodeCall(called, values), expected)
    }),
    { numRuns: 2_000 },
  )
})

test('damaged data is read as viem reads it, or refused by both', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 32, 64, 96, 255))), {
    maxLength: 3,
  })
  fc.assert(
    fc.property(encoded, damage, fc.nat(), ({ parameters, data }, changes, cut) => {
      const bytes = Buffer.from(data.slice(2), 'hex')
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      const damaged = hexOf(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes)
      const expected = attempt(() => lower(decodeAbiParameters(parameters, damaged)))
      assert.deepEqual(
        attempt(() => parameterDecoder(parameters)(damaged)),
        expected,
      )
    }),
    { numRuns: 5_000 },
  )
})

function attempt(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    return 'refused'
  }
}

const word = (value: number) => value.toString(16).padStart(64, '0')

test('a length that nothing stands behind is refused at once', () => {
  for (const type of ['uint256[]', 'bytes', 'uint256[0][]', 'string', 'bytes[]']) {
    const data: Hex = `0x${word(32)}${word(2 ** 40)}`
    assert.throws(() => parameterDecoder([{ type }])(data), RangeError, type)
  }
})

test('offsets that lead to the same data again and again are refused before they cost much', () => {
  const large = 16_000
  // An array of byte strings that are all the same one: its own words.
  const data: Hex = `0x${word(32)}${word(large)}${word(0).repeat(large)}`
  const looping: Hex = `0x${word(32)}${word(large)}${word(32 * large).repeat(large)}${word(200_000)}${'00'.repeat(200_000)}`
  assert.deepEqual(parameterDecoder([{ type: 'bytes[]' }])(`0x${word(32)}${word(1)}${word(32)}${word(0)}`), [['0x']])
  assert.throws(() => parameterDecoder([{ type: 'bytes[]' }])(looping), RangeError)
  assert.throws(() => parameterDecoder([{ type: 'bytes[][]' }])(data), RangeError)
})

const functionOf = (type: string) =>
  ({ type: 'function', name: 'f', inputs: [{ type }], outputs: [], stateMutability: 'view' }) as const

for (const [type, value] of [
  ['uint8', 256],
  ['uint256', -1n],
  ['uint256', 2n ** 256n],
  ['uint256', '0x01'],
  ['int8', 128],
  ['bool', 2],
  ['bool', 'true'],
  ['address', '0x00'],
  ['bytes4', '0x010203'],
  ['bytes', '0x0'],
  ['bytes', 'abcd'],
  ['bytes', undefined],
  ['string', 7],
  ['uint8[2]', [1]],
  ['uint8[]', 1],
] as const) {
  test(`${String(value)} is no ${type}`, () => assert.throws(() => encodeCall(functionOf(type), [value]), TypeError))
}

test('a call has as many arguments as its function', () => {
  assert.throws(() => encodeCall(functionOf('bool'), []), TypeError)
  assert.throws(() => encodeCall(functionOf('bool'), [true, true]), TypeError)
})

for (const type of ['tuple', 'uint264', 'bytes33', 'bytes0', 'function', 'mapping', '']) {
  test(`"${type}" is no type`, () => {
    assert.throws(() => parameterDecoder([{ type }]), TypeError)
    assert.throws(() => encodeCall(functionOf(type), ['0x']), TypeError)
  })
}
