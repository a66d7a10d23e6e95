import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, type Hex } from '../hex.ts'
import { requestIdOf } from '../requestId.ts'
import { publicDecryption } from './publicDecryption.ts'
import { userDecryption } from './userDecryption.ts'

const id = requestIdOf((1n << 248n) + 1n)
const handle: Hex = `0x${'ab'.repeat(21)}ff00000000000030390500`
const payload = {
  materials: [{ ctHandle: handle, keyId: 1n, snsCiphertextDigest: handle, coprocessorTxSenderAddresses: [] }],
  extraData: '0x00',
}
const signature = new Uint8Array(65).fill(1)
signature[64] = 27

const publicAnswer = {
  externalSignature: signature,
  extraData: new Uint8Array(),
  payload: { plaintexts: [{ bytes: Uint8Array.of(42), fheType: 5 }], requestId: { requestId: id } },
}

test('a fitting public answer is encoded; extra data comes from the answer, never from the request', () => {
  const answer = publicDecryption.fromCore(id, payload, publicAnswer)
  assert.deepEqual(answer, {
    decryptedResult: `0x${'0'.repeat(62)}2a`,
    signature: `0x${Buffer.from(signature).toString('hex')}`,
    extraData: '0x',
  })
})

const highS = new Uint8Array(signature).fill(0xff, 32, 64)
const spoiledPublic: readonly (readonly [string, unknown, string])[] = [
  ['no payload', { ...publicAnswer, payload: undefined }, 'CORE_ANSWER_INVALID'],
  [
    'another id',
    { ...publicAnswer, payload: { ...publicAnswer.payload, requestId: { requestId: requestIdOf(2n) } } },
    'CORE_ANSWER_INVALID',
  ],
  [
    'too many plaintexts',
    {
      ...publicAnswer,
      payload: { ...publicAnswer.payload, plaintexts: [1, 2].map(() => ({ bytes: Uint8Array.of(1), fheType: 5 })) },
    },
    'CORE_ANSWER_INVALID',
  ],
  ['a short signature', { ...publicAnswer, externalSignature: signature.subarray(0, 64) }, 'CORE_SIGNATURE_INVALID'],
  ['v of 0', { ...publicAnswer, externalSignature: new Uint8Array(65).fill(1, 0, 64) }, 'CORE_SIGNATURE_INVALID'],
  ['a high s', { ...publicAnswer, externalSignature: highS }, 'CORE_SIGNATURE_INVALID'],
  ['garbage', 'garbage', 'CORE_ANSWER_INVALID'],
]

for (const [label, answer, code] of spoiledPublic) {
  test(`a public answer is refused: ${label}`, () => {
    assert.throws(() => publicDecryption.fromCore(id, payload, answer), { code })
  })
}

const value = { fheType: 5, signcryptedCiphertext: Uint8Array.of(9), externalHandle: bytesOf(handle), packingFactor: 1 }
const userAnswer = {
  externalSignature: signature,
  extraData: new Uint8Array(),
  payload: {
    verificationKey: Uint8Array.of(1),
    digest: Uint8Array.of(2),
    signcryptedCiphertexts: [value],
    partyId: 1,
    degree: 0,
  },
}
const withValues = (values: unknown[]) => ({
  ...userAnswer,
  payload: { ...userAnswer.payload, signcryptedCiphertexts: values },
})
const spoiledUser: readonly (readonly [string, unknown])[] = [
  ['no value', withValues([])],
  ['two values for one handle', withValues([value, value])],
  ['the value of another handle', withValues([{ ...value, externalHandle: new Uint8Array(32) }])],
  ['another type', withValues([{ ...value, fheType: 2 }])],
  ['a party id that is no u32', { ...userAnswer, payload: { ...userAnswer.payload, partyId: -1 } }],
]

for (const [label, answer] of spoiledUser) {
  test(`a user answer is refused: ${label}`, () => {
    assert.throws(() => userDecryption.fromCore(id, { ...payload, userAddress: '0x', publicKey: '0x' }, answer), {
      code: 'CORE_ANSWER_INVALID',
    })
  })
}

test('a request goes to the Core with its key, its domain and its ciphertexts in order', () => {
  const domain = { name: 'Decryption', version: '1', chainId: new Uint8Array(32), verifyingContract: '0x' }
  const bytes = Uint8Array.of(1, 2, 3)
  const message = publicDecryption.toCore(id, payload, [{ handle, bytes, format: 2 }], domain)
  assert.deepEqual(message, {
    requestId: { requestId: id },
    ciphertexts: [{ ciphertext: bytes, fheType: 5, externalHandle: bytesOf(handle), ciphertextFormat: 2 }],
    keyId: { requestId: `${'0'.repeat(63)}1` },
    domain,
    extraData: bytesOf('0x00'),
  })
})
