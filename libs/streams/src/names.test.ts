import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { deadSubject, outcomeSubject, parseSubject, requestStream, requestSubject, responseSubject } from './names.ts'

const operation = { name: 'public-decryption' }
const id = requestIdOf(7n)

test('streams and subjects are derived from the name of the operation', () => {
  assert.equal(requestStream(operation), 'PUBLIC_DECRYPTION')
  assert.equal(requestStream({ name: 'prss-init' }), 'PRSS_INIT')
  assert.equal(requestSubject(operation, id), `kms.request.public-decryption.${id}`)
  assert.equal(requestSubject(operation, id, 2), `kms.request.public-decryption.${id}.r2`)
})

test('every subject parses back to its parts', () => {
  const parts = { stage: undefined, operation: 'public-decryption', id, rerun: undefined }
  assert.deepEqual(parseSubject(requestSubject(operation, id)), { ...parts, kind: 'request' })
  assert.deepEqual(parseSubject(requestSubject(operation, id, 3)), { ...parts, kind: 'request', rerun: 3 })
  assert.deepEqual(parseSubject(responseSubject(operation, id)), { ...parts, kind: 'response' })
  assert.deepEqual(parseSubject(responseSubject(operation, id, 2)), { ...parts, kind: 'response', rerun: 2 })
  assert.deepEqual(parseSubject(outcomeSubject(operation, id)), { ...parts, kind: 'outcome' })
  assert.deepEqual(parseSubject(deadSubject('kms-worker', operation.name, id)), {
    ...parts,
    kind: 'dead',
    stage: 'kms-worker',
  })
})

test('foreign subjects are refused', () => {
  for (const subject of [
    '',
    'kms.request.public-decryption',
    `kms.request.public-decryption.${id.slice(1)}`,
    `kms.request.public-decryption.${id.toUpperCase().replace('7', 'A')}`,
    `kms.outcome.public-decryption.${id}.r1`,
    `kms.request.public-decryption.${id}.r0`,
    `kms.request.public-decryption.${id}.x`,
    `kms.dead.public-decryption.${id}`,
    `kms.request.a.b.${id}`,
    `other.request.public-decryption.${id}`,
  ]) {
    assert.equal(parseSubject(subject), undefined, subject)
  }
})

test('a dead letter without a request id still has a legal subject', () => {
  assert.equal(deadSubject('gw-listener', 'unknown', '0xab:3 >*.'), 'kms.dead.gw-listener.unknown.0xab_3____')
  assert.equal(deadSubject('', '', ''), 'kms.dead.unknown.unknown.unknown')
})
