import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NatsMessage } from './natsMessage.ts'
import { acknowledging, answerTo, deliveryOf, nth, publishTo, subjectPattern } from './natsMoments.ts'

const BLANK: NatsMessage = {
  direction: 'publish',
  client: 'c',
  subject: '',
  reply: undefined,
  headers: {},
  status: undefined,
  payload: Buffer.from(''),
  answers: undefined,
}

test('patterns fit subjects as NATS understands them', () => {
  const cases: [string, string, boolean][] = [
    ['a.b', 'a.b', true],
    ['a.b', 'a.bc', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*', 'a.b.c', false],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['$KV.x.*', '$KV.x.y', true],
    ['a.b', 'aXb', false],
  ]
  for (const [pattern, subject, fits] of cases)
    assert.equal(subjectPattern(pattern)(subject), fits, `${pattern} ${subject}`)
})

test('moments tell what a client or the server is doing', () => {
  const published = { ...BLANK, subject: 'kms.request.keygen.1' }
  const delivered: NatsMessage = { ...published, direction: 'deliver' }
  const answered: NatsMessage = { ...BLANK, direction: 'deliver', subject: '_INBOX.1', answers: 'kms.request.keygen.1' }
  const all = [published, delivered, answered]
  assert.deepEqual(all.map(publishTo('kms.request.>')), [true, false, false])
  assert.deepEqual(all.map(deliveryOf('kms.request.>')), [false, true, false])
  assert.deepEqual(all.map(answerTo('kms.request.>')), [false, false, true])
  const ack = { ...BLANK, subject: '$JS.ACK.KEYGEN.kms-worker.1.2.3.4.5', payload: Buffer.from('+ACK') }
  const withDomain = { ...ack, subject: '$JS.ACK._.hash.KEYGEN.kms-worker.1.2.3.4.5.6' }
  assert.deepEqual([ack, withDomain].map(acknowledging('KEYGEN', '+ACK')), [true, true])
  assert.deepEqual([ack, withDomain].map(acknowledging('PREP_KEYGEN', '+ACK')), [false, false])
  assert.equal(acknowledging('KEYGEN', '-NAK')(ack), false)
  assert.deepEqual([ack, ack, ack].map(nth(2, acknowledging('KEYGEN', '+ACK'))), [false, true, false])
})
