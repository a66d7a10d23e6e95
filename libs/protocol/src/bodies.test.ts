import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConnectorError } from './connectorError.ts'
import { OperationTable } from './operationTable.ts'
import { decodeOutcome, encodeOutcome } from './outcome.ts'
import { decodeRequest, encodeRequest, type Request } from './request.ts'
import { requestIdOf } from './requestId.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { OPERATIONS_V0_11 } from './v0_11/operations.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const hash = `0x${'ab'.repeat(32)}` as const
const origin = {
  chainId: 54321,
  blockNumber: 7,
  blockHash: hash,
  transactionHash: hash,
  logIndex: 0,
  blockTimestamp: 1_790_000_000,
}
const material = {
  ctHandle: hash,
  keyId: (4n << 248n) + 1n,
  snsCiphertextDigest: hash,
  coprocessorTxSenderAddresses: [`0x${'11'.repeat(20)}`],
}
const request: Request = {
  operation: table.named('public-decryption'),
  id: requestIdOf((1n << 248n) + 1n),
  origin,
  payload: { materials: [material], extraData: '0x00' },
}

test('a request survives its body', () => assert.deepEqual(decodeRequest(table, encodeRequest(request)), request))

test('a body is readable JSON with a version, bigints as 0x-hex', () => {
  const body = JSON.parse(Buffer.from(encodeRequest(request)).toString())
  assert.equal(body.v, 1)
  assert.equal(body.payload.materials[0].keyId, `0x4${'0'.repeat(61)}1`)
})

test('a response survives its body, also one without an answer', () => {
  const answer = { decryptedResult: '0x01', signature: '0x02', extraData: '0x' }
  const response = { operation: request.operation, id: request.id, origin, answer, answeredAt: 1 }
  assert.deepEqual(decodeResponse(table, encodeResponse(response)), response)
  const silent = { ...response, operation: table.named('prss-init'), answer: {} }
  assert.deepEqual(decodeResponse(table, encodeResponse(silent)), silent)
})

test('an outcome survives its body', () => {
  const outcome = {
    operation: 'keygen',
    id: request.id,
    status: 'confirmed',
    transactionHash: hash,
    nonce: 3,
    attempts: 1,
    settledAt: 2,
  } as const
  assert.deepEqual(decodeOutcome(encodeOutcome(outcome)), outcome)
})

const valid = JSON.parse(Buffer.from(encodeRequest(request)).toString())
const spoiled: readonly (readonly [string, unknown, string])[] = [
  ['not JSON', undefined, 'MESSAGE_MALFORMED'],
  ['no version', { ...valid, v: undefined }, 'MESSAGE_MALFORMED'],
  ['a newer version', { ...valid, v: 2 }, 'MESSAGE_VERSION_UNKNOWN'],
  ['an unknown operation', { ...valid, operation: 'ksk-gen' }, 'MESSAGE_MALFORMED'],
  ['an id that is none', { ...valid, id: '0x01' }, 'REQUEST_ID_INVALID'],
  ['no origin', { ...valid, origin: undefined }, 'MESSAGE_MALFORMED'],
  ['no ciphertext', { ...valid, payload: { ...valid.payload, materials: [] } }, 'MESSAGE_MALFORMED'],
  ['odd hex', { ...valid, payload: { ...valid.payload, extraData: '0x0' } }, 'MESSAGE_MALFORMED'],
  ['a list', [], 'MESSAGE_MALFORMED'],
]

for (const [label, body, code] of spoiled) {
  test(`a spoiled request body is refused: ${label}`, () => {
    const bytes = Buffer.from(body === undefined ? '{"v":' : JSON.stringify(body))
    assert.throws(() => decodeRequest(table, bytes), { code })
  })
}

test('whatever the bytes, decoding gives a body or a typed error', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map(text => new Uint8Array(Buffer.from(text))),
  )
  fc.assert(
    fc.property(anything, bytes => {
      for (const decode of [
        () => decodeRequest(table, bytes),
        () => decodeResponse(table, bytes),
        () => decodeOutcome(bytes),
      ]) {
        assert.throws(decode, ConnectorError)
      }
    }),
  )
})
