import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashTypedData, keccak256, type TypedDataDefinition } from 'viem'
import { type Hex, hexOf } from './hex.ts'
import { OperationTable } from './operationTable.ts'
import { requestIdOf } from './requestId.ts'
import type { TypedData } from './typedData.ts'
import { typedDataDigest } from './typedDataDigest.ts'
import { OPERATIONS_V0_11 } from './v0_11/operations.ts'

/** EIP-712 by hand: every word is written down from the rules, with keccak256 as the only tool. */
const hash = (...parts: readonly (Hex | string)[]): string =>
  keccak256(`0x${parts.map(part => part.replace(/^0x/, '')).join('')}`).slice(2)
const text = (ascii: string): string => hash(Buffer.from(ascii).toString('hex'))
const word = (value: bigint | number): string => BigInt(value).toString(16).padStart(64, '0')

const verifyingContract = `0x${'c0'.repeat(20)}` as const
const domain = { name: 'Decryption', version: '1', chainId: 54321, verifyingContract }
const domainType = text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const separator = (name: string, chainId: number) =>
  hash(domainType, text(name), text('1'), word(chainId), '0'.repeat(24), verifyingContract)
const digest = (name: string, chainId: number, struct: string) => `0x${hash('1901', separator(name, chainId), struct)}`

const handles = [`0x${'ab'.repeat(32)}`, `0x${'cd'.repeat(32)}`] as const
const signature = `0x${'00'.repeat(65)}` as const
const table = new OperationTable(OPERATIONS_V0_11)
const materials = handles.map(ctHandle => ({
  ctHandle,
  keyId: 1n,
  snsCiphertextDigest: ctHandle,
  coprocessorTxSenderAddresses: [],
}))
const prepKeygenId = (3n << 248n) + 1n
const keyId = (4n << 248n) + 1n
const crsId = (5n << 248n) + 1n

/** Operation, its type string, the type's hash as the deployed contracts hold it, id, payload, answer, struct words. */
const answers: readonly (readonly [string, string, string, bigint, unknown, unknown, readonly string[]])[] = [
  [
    'public-decryption',
    'PublicDecryptVerification(bytes32[] ctHandles,bytes decryptedResult,bytes extraData)',
    '89bac15e5ba205584832145601e359431e80fb9fb331ba5a22058132d525c794',
    1n,
    { materials, extraData: '0x00' },
    { decryptedResult: `0x${word(42)}${word(1)}`, signature, extraData: '0x' },
    [hash(...handles), hash(word(42), word(1)), hash('')],
  ],
  [
    'user-decryption',
    'UserDecryptResponseVerification(bytes publicKey,bytes32[] ctHandles,bytes userDecryptedShare,bytes extraData)',
    '2c4b1a55fe4090104eb889f0e48d4cf11c7cc4b95cf47117b9f0008cbcc10f5f',
    1n,
    { materials, userAddress: verifyingContract, publicKey: '0xaabb', extraData: '0x00' },
    { userDecryptedShare: '0x0102030405', signature, extraData: '0x00' },
    [hash('aabb'), hash(...handles), hash('0102030405'), hash('00')],
  ],
  [
    'prep-keygen',
    'PrepKeygenVerification(uint256 prepKeygenId)',
    '5f9676496d7809c84f94f0ba86890bd661594fa715e72e57cc327238eb3c5265',
    prepKeygenId,
    { epochId: 0n, paramsType: 0 },
    { signature },
    [word(prepKeygenId)],
  ],
  [
    'keygen',
    'KeygenVerification(uint256 prepKeygenId,uint256 keyId,KeyDigest[] keyDigests)KeyDigest(uint8 keyType,bytes digest)',
    'a291f9864173cc77db6137c9f5a1d097994dd8ef4d71725f0b12dd94a85dbfb0',
    keyId,
    { prepKeygenId },
    {
      keyDigests: [
        { keyType: 0, digest: '0x0a' },
        { keyType: 1, digest: '0x0b0c' },
      ],
      signature,
    },
    [
      word(prepKeygenId),
      word(keyId),
      hash(
        hash('ddd108772e6a3899feb04d148ae915cbe3eb5ebd202688080399e9921ac3616b', word(0), hash('0a')),
        hash('ddd108772e6a3899feb04d148ae915cbe3eb5ebd202688080399e9921ac3616b', word(1), hash('0b0c')),
      ),
    ],
  ],
  [
    'crsgen',
    'CrsgenVerification(uint256 crsId,uint256 maxBitLength,bytes crsDigest)',
    '3778e83715e573b1c60ad238000d5a03bf815d401f31c1de9e6756135b9e5c6a',
    crsId,
    { maxBitLength: 2048n, paramsType: 0 },
    { crsDigest: '0x0d', signature },
    [word(crsId), word(2048), hash('0d')],
  ],
]

test('the hashes of the types are those of the deployed contracts', () => {
  assert.equal(domainType, '8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f')
  for (const [, type, typehash] of answers) assert.equal(text(type), typehash)
  assert.equal(
    text('KeyDigest(uint8 keyType,bytes digest)'),
    'ddd108772e6a3899feb04d148ae915cbe3eb5ebd202688080399e9921ac3616b',
  )
})

for (const [name, , typehash, id, payload, answer, words] of answers) {
  test(`the digest of ${name} follows the rules of EIP-712`, () => {
    const data = table.named(name).signed(requestIdOf(id), payload, answer)
    const struct = hash(typehash, ...words)
    assert.equal(hexOf(typedDataDigest({ ...domain, name: data.contract }, data)), digest(data.contract, 54321, struct))
  })
}

const publicData = table
  .named('public-decryption')
  .signed(requestIdOf(1n), { materials, extraData: '0x00' }, { decryptedResult: '0x2a', extraData: '0x', signature })

test('chain, contract and message are all part of the digest', () => {
  const other = { ...publicData, message: { ...publicData.message, extraData: '0x00' } }
  const digests = [
    typedDataDigest(domain, publicData),
    typedDataDigest({ ...domain, chainId: 54322 }, publicData),
    typedDataDigest({ ...domain, name: 'KMSGeneration' }, publicData),
    typedDataDigest({ ...domain, verifyingContract: `0x${'c1'.repeat(20)}` }, publicData),
    typedDataDigest(domain, other),
  ]
  assert.equal(new Set(digests.map(hexOf)).size, digests.length)
})

/** Another implementation of the same rules. */
const viemDigest = (some: typeof domain, { types, primaryType, message }: TypedData) =>
  // CAST: the types are data here; viem would infer them from literals
  hashTypedData({ domain: some, types, primaryType, message } as unknown as TypedDataDefinition)

const hex = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map(hexOf)
const word32 = hex({ minLength: 32, maxLength: 32 })
const bytes = hex({ maxLength: 700 })
const uint = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const request = fc.record({
  materials: fc.array(fc.record({ ctHandle: word32 }), { maxLength: 6 }),
  publicKey: bytes,
  prepKeygenId: uint,
  maxBitLength: uint,
})
const answered = fc.record({
  decryptedResult: bytes,
  userDecryptedShare: bytes,
  crsDigest: bytes,
  extraData: bytes,
  keyDigests: fc.array(fc.record({ keyType: fc.constantFrom(0, 1), digest: bytes }), { maxLength: 3 }),
})

for (const [name] of answers) {
  test(`the digest of ${name} is that of viem, whatever was asked and answered`, () => {
    const { signed } = table.named(name)
    const chainIds = fc.integer({ min: 1, max: 2 ** 50 })
    fc.assert(
      fc.property(uint, request, answered, chainIds, (id, payload, answer, chainId) => {
        const data = signed(requestIdOf(id + 1n > 2n ** 256n - 1n ? 1n : id + 1n), payload, answer)
        const some = { ...domain, name: data.contract, chainId }
        assert.equal(hexOf(typedDataDigest(some, data)), viemDigest(some, data))
      }),
    )
  })
}
