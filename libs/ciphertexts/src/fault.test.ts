import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '@kms-connector/protocol'
import { s3CodeOf, statusFault, transportFault } from './fault.ts'

const STATUSES: readonly [status: number, s3Code: string | undefined, code: string][] = [
  [404, 'NoSuchKey', 'CIPHERTEXT_MISSING'],
  [404, undefined, 'CIPHERTEXT_MISSING'],
  [403, 'AccessDenied', 'CIPHERTEXT_MISSING'],
  [403, undefined, 'CIPHERTEXT_MISSING'],
  [403, 'SignatureDoesNotMatch', 'CIPHERTEXT_UNAVAILABLE'],
  [403, 'RequestTimeTooSkewed', 'CIPHERTEXT_UNAVAILABLE'],
  [404, 'NoSuchBucket', 'CIPHERTEXT_UNAVAILABLE'],
  [301, 'PermanentRedirect', 'CIPHERTEXT_UNAVAILABLE'],
  [400, undefined, 'CIPHERTEXT_UNAVAILABLE'],
  [500, 'InternalError', 'CIPHERTEXT_UNAVAILABLE'],
  [503, 'SlowDown', 'CIPHERTEXT_UNAVAILABLE'],
]

for (const [status, s3Code, code] of STATUSES) {
  test(`HTTP ${status} ${s3Code ?? ''} is ${code}`, () =>
    assert.equal(statusFault(status, s3Code, 'bucket').code, code))
}

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error('fault', { cause }), { code })

const TRANSPORT: readonly [fault: unknown, code: string][] = [
  [coded('UND_ERR_CONNECT_TIMEOUT'), 'CIPHERTEXT_TIMEOUT'],
  [coded('ETIMEDOUT'), 'CIPHERTEXT_TIMEOUT'],
  [new DOMException('late', 'TimeoutError'), 'CIPHERTEXT_TIMEOUT'],
  [new Error('outer', { cause: coded('UND_ERR_BODY_TIMEOUT') }), 'CIPHERTEXT_TIMEOUT'],
  [Object.assign(coded('ECONNRESET'), { name: 'TimeoutError' }), 'CIPHERTEXT_UNAVAILABLE'],
  [coded('ECONNREFUSED'), 'CIPHERTEXT_UNAVAILABLE'],
  [coded('UND_ERR_SOCKET'), 'CIPHERTEXT_UNAVAILABLE'],
  ['text', 'CIPHERTEXT_UNAVAILABLE'],
  [undefined, 'CIPHERTEXT_UNAVAILABLE'],
  [new ConnectorError('CIPHERTEXT_TOO_LARGE', 'x'), 'CIPHERTEXT_TOO_LARGE'],
  [new Error('outer', { cause: new ConnectorError('BUCKET_URL_INVALID', 'x') }), 'BUCKET_URL_INVALID'],
]

for (const [index, [fault, code]] of TRANSPORT.entries()) {
  test(`transport fault ${index} is ${code}`, () => assert.equal(transportFault(fault, 'bucket').code, code))
}

test('a cause that is its own cause ends', () => {
  const fault = new Error('loop')
  fault.cause = fault
  assert.equal(transportFault(fault, 'bucket').code, 'CIPHERTEXT_UNAVAILABLE')
})

test('the code of an XML error is found, other text has none', () => {
  assert.equal(s3CodeOf('<Error><Code>NoSuchKey</Code><Message>'), 'NoSuchKey')
  assert.equal(s3CodeOf('<html>not found</html>'), undefined)
  assert.equal(s3CodeOf(`<Code>${'x'.repeat(100)}</Code>`), undefined)
})
