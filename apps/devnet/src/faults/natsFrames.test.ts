import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFrame, type NatsFrame, NatsFrames } from './natsFrames.ts'
import { messageOf } from './natsMessage.ts'

const HEADERS = 'NATS/1.0\r\nNats-Msg-Id: 7\r\nText: a: b\r\n\r\n'
const SIZES = `${HEADERS.length} ${HEADERS.length + 4}`
const WIRE = [
  'INFO {"server_id":"x", "version":"2.15.1"}\r\n',
  'CONNECT {"name":"my service"}\r\n',
  'PING\r\n',
  'SUB _INBOX.1.* 1\r\n',
  'PUB a.b _INBOX.1.2 5\r\nhe\r\no\r\n',
  'PUB a.b 0\r\n\r\n',
  `HPUB a.b _INBOX.1.3 ${SIZES}\r\n${HEADERS}body\r\n`,
  'MSG _INBOX.1.2 1 3\r\nack\r\n',
  `HMSG a.b 1 $JS.ACK.S.c ${SIZES}\r\n${HEADERS}body\r\n`,
  'HMSG _INBOX.1.2 1 31 31\r\nNATS/1.0 100 Idle Heartbeat\r\n\r\n\r\n',
  "-ERR 'Authorization Violation'\r\n",
].join('')

function inPieces(size: number): NatsFrame[] {
  const frames = new NatsFrames()
  const bytes = Buffer.from(WIRE)
  const read: NatsFrame[] = []
  for (let i = 0; i < bytes.length; i += size) read.push(...frames.push(bytes.subarray(i, i + size)))
  return read
}

test('frames are the same in whatever pieces they arrive, and go on unchanged', () => {
  for (const size of [1, 2, 3, 7, 50, WIRE.length]) {
    const frames = inPieces(size)
    assert.equal(frames.length, 11, `pieces of ${size}`)
    assert.equal(Buffer.concat(frames.map(encodeFrame)).toString(), WIRE)
  }
})

test('messages tell subject, reply, headers, status and body', () => {
  const messages = inPieces(9).flatMap(frame => messageOf(frame, 'c', reply => `asked ${reply}`) ?? [])
  const brief = messages.map(({ direction, subject, reply, headers, status, payload, answers }) => {
    const body = Buffer.from(payload).toString()
    return { direction, subject, reply, headers, status, body, answers }
  })
  const plain = { reply: undefined, headers: {}, status: undefined, answers: undefined }
  const headers = { 'Nats-Msg-Id': '7', Text: 'a: b' }
  const toInbox = { ...plain, direction: 'deliver', subject: '_INBOX.1.2', answers: 'asked _INBOX.1.2' }
  assert.deepEqual(brief, [
    { ...plain, direction: 'publish', subject: 'a.b', reply: '_INBOX.1.2', body: 'he\r\no' },
    { ...plain, direction: 'publish', subject: 'a.b', body: '' },
    { ...plain, direction: 'publish', subject: 'a.b', reply: '_INBOX.1.3', headers, body: 'body' },
    { ...toInbox, body: 'ack' },
    {
      ...plain,
      direction: 'deliver',
      subject: 'a.b',
      reply: '$JS.ACK.S.c',
      headers,
      answers: 'asked a.b',
      body: 'body',
    },
    { ...toInbox, status: '100 Idle Heartbeat', body: '' },
  ])
})

test('bytes that are no NATS protocol are refused', () => {
  for (const bytes of ['PUB a.b many\r\n', 'MSG a 1 99999999999\r\n', 'x'.repeat(300_000)]) {
    assert.throws(() => new NatsFrames().push(Buffer.from(bytes)), /no NATS protocol/)
  }
})
