import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeadLetter, decodeDeadLetter, encodeDeadLetter, encodeFitting } from './deadLetters.ts'
import { MAX_DEAD_LETTER_BYTES, MAX_MESSAGE_BYTES } from './topology.ts'

const letter: DeadLetter = {
  stage: 'kms-worker',
  operation: 'public-decryption',
  key: '7',
  code: 'MESSAGE_MALFORMED',
  detail: 'why',
  at: 1,
  source: { stream: 'S', seq: 3, subject: 's.7', attempts: 2, firstStoredAt: 0 },
  headers: { traceparent: 'x' },
  body: Buffer.from('{"v":1}'),
  history: [{ at: 0, attempt: 1, code: 'CORE_BUSY', detail: 'busy' }],
}

test('a dead letter keeps the message byte for byte, readable where it is text', () => {
  assert.deepEqual(decodeDeadLetter(encodeDeadLetter(letter)), letter)
  assert.match(Buffer.from(encodeDeadLetter(letter)).toString(), /"encoding":"utf8","data":"\{\\"v\\":1\}"/)
  const binary = { ...letter, source: undefined, body: Buffer.from([0xff, 0x00, 0xc3, 0x28]) }
  assert.deepEqual(decodeDeadLetter(encodeDeadLetter(binary)), binary)
})

test('a letter always fits the stream; of a message that is too large it says where the message lies', () => {
  for (const fill of ['"', '\u0001', 'a', 0xff]) {
    const bytes = encodeFitting({ ...letter, body: Buffer.alloc(MAX_MESSAGE_BYTES, fill) })
    assert.ok(bytes.length < MAX_DEAD_LETTER_BYTES)
    const { body, detail, source } = decodeDeadLetter(bytes)
    assert.equal(body.length, 0)
    assert.match(detail, /1000000 bytes is too large/)
    assert.deepEqual(source, letter.source)
  }
})

test('garbage is no dead letter', () => {
  assert.throws(() => decodeDeadLetter(Buffer.from('{"v":1}')), { code: 'MESSAGE_MALFORMED' })
  assert.throws(() => decodeDeadLetter(Buffer.from('{"v":9}')), { code: 'MESSAGE_VERSION_UNKNOWN' })
})
