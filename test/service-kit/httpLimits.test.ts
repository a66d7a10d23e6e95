import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { createLogger } from '@kms-connector/service-kit'
import { type HttpServer, serveHttp } from '../../libs/service-kit/src/httpServer.ts'

let server: HttpServer
const logger = createLogger({ service: 'test', version: '0', level: 'fatal' })
before(async () => {
  const pages = new Map([['/page', () => ({ status: 200, type: 'text/plain', body: 'here' })]])
  server = await serveHttp({ host: '127.0.0.1', port: 0 }, pages, logger)
})
after(() => server.close())

/** Sends raw text and returns everything that comes back until the server closes; `refused` when it never listens. */
async function exchange(text: string): Promise<string> {
  const socket = open()
  let answer = ''
  socket.on('data', data => {
    answer += data.toString('latin1')
  })
  socket.on('error', () => {})
  socket.write(text)
  await new Promise(resolve => socket.once('close', resolve))
  return answer
}

function open(): Socket {
  const { hostname, port } = new URL(server.url)
  return connect({ host: hostname, port: Number(port) })
}

const request = (line: string, headers = '') => `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`

const CASES: readonly [what: string, text: string, answer: RegExp][] = [
  ['an ordinary question', request('GET /page'), /^HTTP\/1\.1 200 /],
  ['a URL of 9000 characters', request(`GET /${'a'.repeat(9_000)}`), /^HTTP\/1\.1 431 /],
  ['headers of 9000 characters', request('GET /page', `x: ${'a'.repeat(9_000)}\r\n`), /^HTTP\/1\.1 431 /],
  ['a thousand headers', request('GET /page', 'x: 1\r\n'.repeat(2_000)), /^HTTP\/1\.1 431 /],
  ['a body', `${request('POST /page', 'content-length: 5\r\n')}hello`, /^HTTP\/1\.1 405 /],
  [
    'two lengths at once',
    request('GET /page', 'content-length: 1\r\ntransfer-encoding: chunked\r\n'),
    /^HTTP\/1\.1 400 /,
  ],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a URL of another host', request('GET http://169.254.169.254/page'), /^HTTP\/1\.1 200 /],
]
for (const [what, text, answer] of CASES) {
  test(`${what} is answered with ${answer.source.replaceAll(/\D/g, '').slice(2)}`, async () => {
    assert.match(await exchange(text), answer)
  })
}

test('who sends slowly is cut off, and more connections than allowed are dropped at once', {
  timeout: 60_000,
}, async () => {
  const slow = exchange('GET /page HTTP/1.1\r\nhost: x\r\n')
  const idle: Socket[] = []
  let dropped = 0
  for (let n = 0; n < 200; n++) {
    const socket = open().on('error', () => {})
    socket.once('close', () => dropped++)
    idle.push(socket)
  }
  try {
    while (dropped < 72) await new Promise(resolve => setTimeout(resolve, 20))
    assert.match(await slow, /^HTTP\/1\.1 408 /)
  } finally {
    for (const socket of idle) socket.destroy()
  }
  assert.match(await exchange(request('GET /page')), /^HTTP\/1\.1 200 /)
})
