import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { listen, startCore } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

const id = decryptionId(1)
const submitPath = '/kms_service.v1.CoreServiceEndpoint/PublicDecrypt'

/** gRPC frame: no compression, length, bytes. */
function frame(bytes: Uint8Array, announced = bytes.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(announced, 1)
  return Buffer.concat([head, bytes])
}

/** A server that accepts every submit and answers every poll with the given bytes and an OK status, or not at all. */
async function answeringPolls(body: Uint8Array | 'never') {
  const server = createHttp2Server()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined)
    stream.resume()
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    if (headers[':path'] === submitPath) stream.end(frame(new Uint8Array()))
    else if (body !== 'never') stream.end(body)
  })
  return listen(server)
}

test('garbage instead of a message is an invalid answer', async () => {
  await using server = await answeringPolls(frame(Buffer.from('<html>this is no protobuf</html>')))
  using client = testClient([server.url])
  await assert.rejects(client.run(publicDecryption(id), never), {
    code: 'CORE_ANSWER_INVALID',
    message: /parse binary/,
  })
})

test('an over-long message is an invalid answer', async () => {
  await using server = await answeringPolls(frame(new Uint8Array(20_000)))
  using client = testClient([server.url], { maxMessageBytes: 10_000 })
  await assert.rejects(client.run(publicDecryption(id), never), {
    code: 'CORE_ANSWER_INVALID',
    message: /message size/,
  })
})

test('a message that announces gigabytes is refused before they arrive', async () => {
  await using server = await answeringPolls(frame(new Uint8Array(10), 0xfffffff0))
  using client = testClient([server.url])
  await assert.rejects(client.run(publicDecryption(id), never), {
    code: 'CORE_ANSWER_INVALID',
    message: /message size/,
  })
})

test('a request above the limit is refused without sending it', async () => {
  await using server = await answeringPolls(frame(new Uint8Array()))
  using client = testClient([server.url], { maxMessageBytes: 10_000 })
  await assert.rejects(client.run(publicDecryption(id, 20_000), never), {
    code: 'CORE_REFUSED',
    message: /message size/,
  })
})

test('an answer cut off in the middle is polled again', async () => {
  await using server = await answeringPolls(frame(new Uint8Array(10), 5_000))
  using client = testClient([server.url], { pollBudgetMs: 200 })
  await assert.rejects(client.run(publicDecryption(id), never), { code: 'CORE_UNAVAILABLE' })
})

test('a web server is no Core', async () => {
  const web = createHttp2Server((_, response) => response.writeHead(502).end('<html>'))
  await using server = await listen(web)
  using client = testClient([server.url])
  await assert.rejects(client.run(publicDecryption(id), never), { code: 'CORE_UNAVAILABLE', message: /HTTP 502/ })
})

test('a server that never answers costs one deadline', async () => {
  const silent = createTcpServer(socket => socket.on('error', () => undefined).resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo // CAST: a TCP server has one
  using client = testClient([`http://127.0.0.1:${port}`], { submitTimeoutMs: 100, healthTimeoutMs: 100 })
  const timedOut = { code: 'CORE_UNAVAILABLE', message: /DeadlineExceeded/ }
  await assert.rejects(client.run(publicDecryption(id), never), timedOut)
  assert.partialDeepStrictEqual(await client.health(0), { serving: false })
  client.close()
  silent.close()
  await once(silent, 'close')
})

test('a Core that accepts and then falls silent is reported as unavailable', async () => {
  await using server = await answeringPolls('never')
  using client = testClient([server.url], { pollTimeoutMs: 50, pollBudgetMs: 180 })
  await assert.rejects(client.run(publicDecryption(id), never), {
    code: 'CORE_UNAVAILABLE',
    message: /DeadlineExceeded/,
  })
})

test('a refused connection fails the submit, and leaves a resumed poll to its budget', async () => {
  const gone = await startCore({})
  await gone[Symbol.asyncDispose]()
  const codes: string[] = []
  using client = testClient([gone.url], { pollBudgetMs: 100, onCall: ({ code }) => codes.push(code) })
  const refused = { code: 'CORE_UNAVAILABLE', message: /ECONNREFUSED/ }
  await assert.rejects(client.run(publicDecryption(id), never), refused)
  await assert.rejects(client.run({ ...publicDecryption(id), resume: true }, never), refused)
  assert.ok(codes.length > 2 && codes.every(code => code === 'Unavailable'))
})
