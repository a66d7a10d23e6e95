import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError, type Hex } from '@kms-connector/protocol'
import fc from 'fast-check'
import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { decodeUserDecryptionCalldata, MAX_CALLDATA_BYTES } from './requestCalldata.ts'

/** Selectors of the deployed v0.11 contracts, not computed. */
const DIRECT = '0xf1b57adb'
const DELEGATED = '0x9fad5a2f'

const repeated = (byte: string, size: number): Hex => `0x${byte.repeat(size)}`
const decryption = repeated('de', 20)
const user = repeated('11', 20)
const contract = repeated('c0', 20)
const delegator = repeated('33', 20)
const handle = repeated('ab', 32)
const word = (value: bigint | number) => BigInt(value).toString(16).padStart(64, '0')

type Pair = readonly [Hex, Hex]
const TAIL = 'bytes publicKey, bytes signature, bytes extraData'
const HEAD = '(bytes32,address)[] pairs, (uint256,uint256) validity'
const directTypes = parseAbiParameters(`${HEAD}, (uint256,address[]) contracts, address user, ${TAIL}`)
const delegatedTypes = parseAbiParameters(`${HEAD}, (address,address) accounts, (uint256,address[]) contracts, ${TAIL}`)

function direct(pairs: readonly Pair[]): Hex {
  const args = [pairs, [1n, 10n], [12345n, [contract]], user, '0xaabb', repeated('01', 65), '0x00'] as const
  return `${DIRECT}${encodeAbiParameters(directTypes, args).slice(2)}`
}

function delegated(pairs: readonly Pair[]): Hex {
  const accounts = [delegator, user] as const
  const args = [pairs, [1n, 10n], accounts, [12345n, [contract]], '0xaabb', repeated('01', 65), '0x00'] as const
  return `${DELEGATED}${encodeAbiParameters(delegatedTypes, args).slice(2)}`
}

const pairs: readonly Pair[] = [
  [handle, contract],
  [repeated('cd', 32), user],
]
const contractsOf = new Map(pairs.map(([handle, contract]) => [handle, [contract]]))
/** The second repeats a pair of the first. */
const repeatedPair: readonly Pair[] = [...pairs, [handle, contract]]

const readable: readonly (readonly [string, string, Hex, unknown])[] = [
  ['a direct request', decryption, direct(pairs), { contractsOf, delegator: undefined }],
  ['a delegated request', decryption, delegated(pairs), { contractsOf, delegator }],
  [
    'a receiver with checksum',
    decryption.toUpperCase().replace('0X', '0x'),
    direct(pairs),
    { contractsOf, delegator: undefined },
  ],
  ['the same pair twice', decryption, direct(repeatedPair), { contractsOf, delegator: undefined }],
  [
    'one handle under two contracts',
    decryption,
    direct([...pairs, [handle, user]]),
    { contractsOf: new Map([...contractsOf, [handle, [contract, user]]]), delegator: undefined },
  ],
  ['no pairs', decryption, direct([]), { contractsOf: new Map(), delegator: undefined }],
]

for (const [label, to, input, expected] of readable) {
  test(`calldata: ${label}`, () => assert.deepEqual(decodeUserDecryptionCalldata(decryption, to, input), expected))
}

const refused: readonly (readonly [string, string | null, string, string])[] = [
  ['a relaying contract', contract, direct(pairs), 'CALLDATA_FOREIGN'],
  ['a contract creation', null, direct(pairs), 'CALLDATA_FOREIGN'],
  ['an empty receiver', '', direct(pairs), 'CALLDATA_FOREIGN'],
  ['a receiver of many characters', 'x'.repeat(10_000), direct(pairs), 'CALLDATA_FOREIGN'],
  ['no input', decryption, '0x', 'CALLDATA_UNDECODABLE'],
  ['three bytes', decryption, '0xf1b57a', 'CALLDATA_UNDECODABLE'],
  ['only a selector', decryption, DIRECT, 'CALLDATA_UNDECODABLE'],
  ['the selector of a later version', decryption, `0xb4de2c37${direct(pairs).slice(10)}`, 'CALLDATA_UNDECODABLE'],
  ['another function', decryption, `0xd8998f45${word(64)}`, 'CALLDATA_UNDECODABLE'],
  ['a truncated request', decryption, direct(pairs).slice(0, -128), 'CALLDATA_UNDECODABLE'],
  ['half a byte', decryption, direct(pairs).slice(0, -1), 'CALLDATA_UNDECODABLE'],
  ['a huge offset', decryption, `${DIRECT}${word(1n << 200n).repeat(20)}`, 'CALLDATA_UNDECODABLE'],
  [
    'a huge length',
    decryption,
    `${DIRECT}${word(32 * 7)}${word(0).repeat(6)}${word(1n << 50n)}`,
    'CALLDATA_UNDECODABLE',
  ],
  ['offsets that point at themselves', decryption, `${DELEGATED}${word(32).repeat(64)}`, 'CALLDATA_UNDECODABLE'],
  ['more than is read', decryption, `${DIRECT}${'00'.repeat(MAX_CALLDATA_BYTES)}`, 'CALLDATA_UNDECODABLE'],
  ['no hex', decryption, 'garbage', 'CALLDATA_UNDECODABLE'],
]

for (const [label, to, input, code] of refused) {
  test(`calldata is refused: ${label}`, () => {
    // CAST: nodes send anything
    const decode = () => decodeUserDecryptionCalldata(decryption, to, input as Hex)
    assert.throws(decode, (fault: unknown) => {
      assert.ok(fault instanceof ConnectorError)
      assert.equal(fault.code, code)
      assert.equal(fault.disposition, 'dead')
      assert.ok(fault.message.length < 300)
      return true
    })
  })
}

test('a request of 1024 handles is read', () => {
  const many = Array.from({ length: 1024 }, (_, n): Pair => [`0x${word(n)}`, contract])
  assert.equal(decodeUserDecryptionCalldata(decryption, decryption, direct(many)).contractsOf.size, 1024)
})

test('any input is read or refused with a code', () => {
  const bytes = fc.uint8Array({ maxLength: 600 }).map(b => Buffer.from(b).toString('hex'))
  const small = fc.array(fc.nat(600), { maxLength: 30 }).map(values => values.map(word).join(''))
  fc.assert(
    fc.property(fc.constantFrom(DIRECT, DELEGATED, '0x'), fc.oneof(bytes, small), (selector, rest) => {
      try {
        decodeUserDecryptionCalldata(decryption, decryption, `${selector}${rest}` as Hex) // CAST: built from hex
      } catch (fault) {
        assert.ok(fault instanceof ConnectorError)
        assert.equal(fault.code, 'CALLDATA_UNDECODABLE')
      }
    }),
    { numRuns: 500 },
  )
})
