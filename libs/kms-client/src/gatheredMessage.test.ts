import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { PublicDecryptionRequestSchema, UserDecryptionRequestSchema } from '#gen/kms/v1/decryption_pb.js'
import { KeyGenRequestSchema } from '#gen/kms/v1/key_generation_pb.js'
import { gatheredMessage } from './gatheredMessage.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
/** Lengths around those at which a varint gets another byte, and around the one from which on nothing is copied. */
const payload = fc
  .constantFrom(0, 1, 127, 128, 4_095, 4_096, 16_383, 16_384, 70_000)
  .map(length => new Uint8Array(length).fill(length % 251))
const ciphertext = fc.record({
  ciphertext: payload,
  fheType: fc.integer({ min: -1, max: 8 }),
  externalHandle: bytes(32),
  ciphertextFormat: fc.integer({ min: 0, max: 3 }),
})
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const id = optional(fc.record({ requestId: fc.string({ maxLength: 64 }) }))
const domain = optional(
  fc.record({ name: fc.string(), version: fc.string(), chainId: bytes(32), verifyingContract: fc.string() }),
)
const common = { requestId: id, keyId: id, domain, extraData: bytes(200), contextId: id, epochId: id }

test('public decryptions are encoded to the bytes of the library', () => {
  const requests = fc.record({ ...common, ciphertexts: fc.array(ciphertext, { maxLength: 4 }) })
  fc.assert(
    fc.property(requests, request => {
      const message = create(PublicDecryptionRequestSchema, request as never) // CAST: undefined is as good as left out
      const { pieces, bytes } = gatheredMessage(PublicDecryptionRequestSchema, message)
      const expected = toBinary(PublicDecryptionRequestSchema, message)
      assert.ok(Buffer.concat(pieces).equals(expected))
      assert.equal(bytes, expected.length)
    }),
  )
})

test('user decryptions are encoded to the bytes of the library', () => {
  const own = {
    typedCiphertexts: fc.array(ciphertext, { maxLength: 4 }),
    clientAddress: fc.string(),
    encKey: bytes(900),
  }
  fc.assert(
    fc.property(fc.record({ ...common, ...own }), request => {
      const message = create(UserDecryptionRequestSchema, request as never) // CAST: undefined is as good as left out
      const { pieces } = gatheredMessage(UserDecryptionRequestSchema, message)
      assert.ok(Buffer.concat(pieces).equals(toBinary(UserDecryptionRequestSchema, message)))
    }),
  )
})

test('large payloads are not copied', () => {
  const ciphertexts = [1, 2].map(n => ({ ciphertext: new Uint8Array(100_000).fill(n), fheType: n }))
  const message = create(PublicDecryptionRequestSchema, { requestId: { requestId: 'ab' }, ciphertexts })
  const { pieces, bytes } = gatheredMessage(PublicDecryptionRequestSchema, message)
  const large = pieces.filter(piece => piece.length >= 100_000)
  assert.deepEqual(
    large.map((piece, index) => piece === message.ciphertexts[index]?.ciphertext),
    [true, true],
  )
  assert.ok(bytes - 200_000 < 200)
})

test('what has no payload is one piece', () => {
  const message = create(KeyGenRequestSchema, { requestId: { requestId: 'ab' } })
  const { pieces } = gatheredMessage(KeyGenRequestSchema, message)
  assert.deepEqual(pieces, [toBinary(KeyGenRequestSchema, message)])
})
