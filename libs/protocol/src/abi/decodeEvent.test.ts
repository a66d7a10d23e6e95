import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type AbiEvent,
  type AbiParameter,
  decodeEventLog,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  parseAbiItem,
} from 'viem'
import { hexOf } from '../hex.ts'
import { OPERATIONS_V0_11 } from '../v0_11/operations.ts'
import { eventDecoder } from './decodeEvent.ts'

const bytes = (size?: number) => fc.uint8Array({ minLength: size ?? 0, maxLength: size ?? 100 }).map(hexOf)

/** Values of the types that events of the protocol have. */
function valuesOf(parameter: AbiParameter): fc.Arbitrary<unknown> {
  const { type } = parameter
  if (type.endsWith('[]')) return fc.array(valuesOf({ ...parameter, type: type.slice(0, -2) }), { maxLength: 6 })
  if ('components' in parameter)
    return fc.record(Object.fromEntries(parameter.components.map(part => [part.name ?? '', valuesOf(part)])))
  if (type === 'address') return bytes(20)
  if (type === 'uint8') return fc.nat(255)
  if (type === 'string') return fc.string()
  if (type.startsWith('uint')) return fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
  return bytes(type === 'bytes' ? undefined : Number(type.slice('bytes'.length)))
}

/** Addresses of viem have a checksum, ours are in lower case. */
function lower(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('0x') ? value.toLowerCase() : value
  if (Array.isArray(value)) return value.map(lower)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lower(each)]))
}

function logOf(
  event: AbiEvent,
  args: Readonly<Record<string, unknown>>,
): { readonly topics: Hex[]; readonly data: Hex } {
  const plain = event.inputs.filter(({ indexed }) => !indexed)
  type TopicArgs = Parameters<typeof encodeEventTopics>[0]
  // CAST: the arguments are made from the inputs of the event, which is not anonymous
  const topics = encodeEventTopics({ abi: [event], args } as unknown as TopicArgs) as Hex[]
  const data = encodeAbiParameters(
    plain,
    plain.map(({ name }) => args[name ?? '']),
  )
  return { topics, data }
}

const mixed = parseAbiItem(
  'event Mixed(uint256 indexed id, address sender, string indexed name, bytes32[] handles, address indexed owner, bytes4 kind)',
)

for (const event of [...OPERATIONS_V0_11.map(operation => operation.event), mixed]) {
  test(`logs of ${event.name} are read as viem reads them`, () => {
    const args = fc.record(Object.fromEntries(event.inputs.map(input => [input.name ?? '', valuesOf(input)])))
    const decode = eventDecoder(event)
    fc.assert(
      fc.property(args, values => {
        const { topics, data } = logOf(event, values)
        const [first = '0x', ...rest] = topics
        const expected = decodeEventLog({ abi: [event], data, topics: [first, ...rest] }).args ?? {}
        assert.deepEqual(decode(topics, data), lower(expected))
      }),
      { numRuns: 300 },
    )
  })
}

test('a topic that is missing is refused', () => {
  const data: Hex = `0x${'00'.repeat(96)}`
  assert.throws(() => eventDecoder(mixed)([`0x${'11'.repeat(32)}`], data), RangeError)
})
