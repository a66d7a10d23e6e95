import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { CiphertextFormat as ConnectorFormat, CoreDomain } from '@kms-connector/protocol'
import {
  type CiphertextFormat,
  PublicDecryptionRequestSchema,
  type TypedCiphertextSchema,
} from '#gen/kms/v1/decryption_pb.js'
import type { Eip712DomainMsgSchema } from '#gen/kms/v1/request_pb.js'
import { requestMessage } from './requestMessage.ts'

/** Compile-time proof that the words of `protocol` fit the generated messages. */
const domainFits = (domain: CoreDomain): MessageInitShape<typeof Eip712DomainMsgSchema> => domain
const formatFits = (format: ConnectorFormat): CiphertextFormat => format

const domain: CoreDomain = {
  name: 'Decryption',
  version: '1',
  chainId: new Uint8Array(32).fill(7),
  verifyingContract: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
}
const ciphertext: MessageInitShape<typeof TypedCiphertextSchema> = {
  ciphertext: new Uint8Array([1, 2, 3]),
  fheType: 5,
  externalHandle: new Uint8Array(32).fill(9),
  ciphertextFormat: formatFits(3),
}
const request = { requestId: { requestId: 'ab' }, ciphertexts: [ciphertext], domain: domainFits(domain) }

test('a request survives the wire', () => {
  const bytes = toBinary(PublicDecryptionRequestSchema, requestMessage(PublicDecryptionRequestSchema, request))
  const read = fromBinary(PublicDecryptionRequestSchema, bytes)
  assert.equal(read.requestId?.requestId, 'ab')
  assert.equal(read.domain?.verifyingContract, domain.verifyingContract)
  assert.deepEqual(read.ciphertexts[0]?.ciphertext, ciphertext.ciphertext)
  assert.equal(read.ciphertexts[0]?.ciphertextFormat, 3)
  assert.equal(read.contextId, undefined)
})

const refused: readonly (readonly [string, object, RegExp])[] = [
  ['misspelt field', { ...request, extradata: new Uint8Array() }, /PublicDecryptionRequest has no field extradata/],
  ['wire name', { request_id: { requestId: 'ab' } }, /no field request_id/],
  ['misspelt field in a message', { requestId: { id: 'ab' } }, /PublicDecryptionRequest.requestId has no field id/],
  ['misspelt field in a list', { ciphertexts: [{ bytes: 1 }] }, /ciphertexts\[\] has no field bytes/],
  ['text for a message', { requestId: 'ab' }, /requestId is no message/],
  ['message for a list', { ciphertexts: ciphertext }, /ciphertexts is no list/],
]

for (const [what, bad, message] of refused) {
  test(`request refused: ${what}`, () => {
    assert.throws(() => requestMessage(PublicDecryptionRequestSchema, { ...bad }), { code: 'INTERNAL', message })
  })
}
