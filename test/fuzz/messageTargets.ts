import assert from 'node:assert/strict'
import {
  decodeOutcome,
  decodeRequest,
  decodeResponse,
  encodeOutcome,
  encodeRequest,
  encodeResponse,
  type Hex,
  identify,
  OPERATIONS_V0_11,
  OperationTable,
  requestIdOf,
} from '@kms-connector/protocol'
import {
  deadSubject,
  decodeDeadLetter,
  encodeDeadLetter,
  type KeyValue,
  parseSubject,
  readCursor,
  requestSubject,
  responseSubject,
  traceOf,
} from '@kms-connector/streams'
import fc from 'fast-check'
import { routeOf } from '../../apps/request-status/src/routes.ts'
import { decodeSlot, encodeSlot } from '../../apps/tx-sender/src/slot.ts'
import { anyBytes, anyText, spoiledBody } from './arbitraries.ts'
import { type FuzzTarget, target, typed } from './target.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const id = requestIdOf((1n << 248n) + 5n)
const hash: Hex = `0x${'ab'.repeat(32)}`
const origin = { chainId: 1, blockNumber: 2, blockHash: hash, transactionHash: hash, logIndex: 0, blockTimestamp: 3 }
const operation = table.named('public-decryption')
const payload = {
  materials: [
    { ctHandle: hash, keyId: 1n, snsCiphertextDigest: hash, coprocessorTxSenderAddresses: [`0x${'cd'.repeat(20)}`] },
  ],
  extraData: '0x00',
}
const request = encodeRequest({ operation, id, origin, payload })
const answer = { decryptedResult: '0x01', signature: '0x02', extraData: '0x' }
const response = encodeResponse({ operation, id, origin, answer, answeredAt: 1 })
const outcome = encodeOutcome({
  operation: 'keygen',
  id,
  status: 'confirmed',
  transactionHash: hash,
  nonce: 3,
  attempts: 1,
  settledAt: 2,
})
const letter = {
  stage: 'kms-worker',
  operation: 'keygen',
  key: id,
  code: 'INTERNAL',
  detail: 'x',
  at: 1,
  source: { stream: 'KEYGEN', seq: 1, subject: 'kms.request.keygen.x', attempts: 2, firstStoredAt: 3 },
  headers: { a: 'b' },
  body: request,
  history: [{ at: 1, attempt: 1, code: 'INTERNAL', detail: 'x' }],
}
const raw: Hex = '0x02f8'
const attempt = { hash, raw, gas: 21_000n, maxFeePerGas: 7n, signedAt: 1 }
const slot = encodeSlot({ nonce: 7, responseSeq: 1, operation: 'keygen', id, attempts: [attempt] })
const cursor = Buffer.from(JSON.stringify({ v: 1, block: 5, blockHash: hash, at: 1 }))

/** A bucket that holds one value: what is read from the broker is under test, not the reading. */
function bucketWith(value: Uint8Array): KeyValue {
  const entry = { key: 'k', value, revision: 1, storedAt: 1 }
  return { get: async () => entry } as unknown as KeyValue // CAST: reading a cursor asks for nothing else
}

const refusing = (name: string, valid: Uint8Array, decode: (bytes: Uint8Array) => unknown): FuzzTarget =>
  target(name, spoiledBody(valid), bytes => typed(() => decode(bytes)))

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/)

export const MESSAGE_TARGETS: readonly FuzzTarget[] = [
  refusing('request body', request, bytes => decodeRequest(table, bytes)),
  refusing('response body', response, bytes => decodeResponse(table, bytes)),
  refusing('outcome body', outcome, decodeOutcome),
  refusing('dead letter', encodeDeadLetter(letter), decodeDeadLetter),
  refusing('slot record', slot, decodeSlot),
  refusing('cursor record', cursor, bytes => readCursor(bucketWith(bytes), 'k')),
  target(
    'dead letter, there and back',
    fc.tuple(anyBytes, anyText, fc.dictionary(word, anyText)),
    ([body, detail, headers]) => {
      const back = decodeDeadLetter(encodeDeadLetter({ ...letter, body, detail: detail.toWellFormed(), headers }))
      assert.deepEqual(Buffer.from(back.body), Buffer.from(body))
      assert.equal(back.detail, detail.toWellFormed())
    },
  ),
  target(
    'slot record, there and back',
    fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })),
    ([nonce, gas]) => {
      const record = { nonce, responseSeq: 1, operation: 'keygen', id, attempts: [{ ...attempt, gas }] as const }
      assert.deepEqual(decodeSlot(encodeSlot(record)), record)
    },
  ),
  target(
    'subject',
    fc.oneof(
      anyText,
      word.map(name => `kms.request.${name}.${id}`),
    ),
    text => {
      const parts = parseSubject(text)
      if (parts?.kind === 'request')
        assert.equal(requestSubject({ name: parts.operation }, parts.id, parts.rerun), text)
      if (parts?.kind === 'response') assert.equal(responseSubject({ name: parts.operation }, parts.id), text)
    },
  ),
  target('subject of a dead letter', fc.tuple(anyText, anyText, anyText), parts => {
    assert.match(deadSubject(...parts), /^kms\.dead(\.[A-Za-z0-9_-]{1,100}){3}$/)
  }),
  target('trace header', anyText, text => traceOf({ traceparent: text })),
  target('request id', anyText, text => identify(text)),
  target('question to request-status', fc.record({ method: anyText, url: anyText, hasBody: fc.boolean() }), question =>
    routeOf(table.all, { ...question, url: `/requests${question.url}` }),
  ),
]
