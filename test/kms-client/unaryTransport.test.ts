import assert from 'node:assert/strict'
import { constants, createServer, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { after, before, test } from 'node:test'
import { toJson } from '@bufbuild/protobuf'
import { ConnectError, type Transport } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { RequestIdSchema } from '@kms-connector/kms-client/gen/kms/v1/request_pb.js'
import { CoreServiceEndpoint } from '@kms-connector/kms-client/gen/kms_service/v1/core_service_pb.js'
import fc from 'fast-check'
import { callEnding } from '../../libs/kms-client/src/callEnding.ts'
import { codeToFault } from '../../libs/kms-client/src/codeToFault.ts'
import { unaryTransport } from '../../libs/kms-client/src/unaryTransport.ts'
import { listen, type TestServer } from './testCore.ts'

const MAX_BYTES = 1_000
const METHOD = CoreServiceEndpoint.method.getPublicDecryptionResult
const RESULT = Buffer.from([0x12, 3, 7, 8, 9]) // external_signature of three bytes

/** How a server answers one call. */
interface Script {
  readonly headers: OutgoingHttpHeaders
  readonly pieces: readonly Uint8Array[]
  readonly trailers: OutgoingHttpHeaders | undefined
  /** Resets the stream in the place of trailers. */
  readonly reset?: number
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' }
const OK = { 'grpc-status': '0' }

function envelope(message: Uint8Array, announced = message.length, flags = 0): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(announced, 1)
  return Buffer.concat([head, message])
}

let current: Script = { headers: GRPC, pieces: [], trailers: OK }
let server: TestServer
let library: Transport
let ours: Transport
const sessions: Http2SessionManager[] = []

after(async () => {
  for (const manager of sessions) manager.abort()
  await server[Symbol.asyncDispose]()
})

before(async () => {
  const http2 = createServer()
  http2.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    stream.resume().on('end', () => play(stream, current))
  })
  server = await listen(http2)
  const [first, second] = [new Http2SessionManager(server.url), new Http2SessionManager(server.url)]
  sessions.push(first, second)
  const sizes = { readMaxBytes: MAX_BYTES, writeMaxBytes: MAX_BYTES }
  library = createGrpcTransport({ baseUrl: server.url, sessionManager: first, ...sizes, acceptCompression: [] })
  ours = { ...library, unary: unaryTransport(second, MAX_BYTES) }
})

function play(stream: ServerHttp2Stream, { headers, pieces, trailers, reset }: Script): void {
  if (pieces.length === 0 && trailers === undefined && reset === undefined) {
    stream.respond(headers, { endStream: true })
    return
  }
  stream.respond(headers, { waitForTrailers: true })
  stream.on('wantTrailers', () => (reset === undefined ? stream.sendTrailers(trailers ?? {}) : stream.close(reset)))
  const next = (index: number): void => {
    const piece = pieces[index]
    if (piece === undefined) stream.end()
    else stream.write(piece, () => setImmediate(next, index + 1))
  }
  next(0)
}

/** What a caller sees of a call: its message, or how it ended and what that decides. */
async function outcomeOf({ unary }: Transport, script: Script) {
  current = script
  const id = { requestId: 'ab'.repeat(32) }
  try {
    const { message } = await unary(METHOD, undefined, 20_000, { traceparent: '00-1-2-00' }, id)
    return { message: toJson(METHOD.output, message) }
  } catch (fault) {
    const { by, code, text } = callEnding(fault)
    const status = fault instanceof ConnectError ? fault.metadata.get('grpc-status') : undefined
    const rulings = { submit: codeToFault('submit', { by, code }), poll: codeToFault('poll', { by, code }) }
    return { by, code, text, status, rulings }
  }
}

async function compare(script: Script): Promise<void> {
  const expected = await outcomeOf(library, script)
  assert.deepEqual(await outcomeOf(ours, script), expected)
}

const details = Buffer.from([8, 5, 0x12, 4, ...Buffer.from('gone')]).toString('base64')

const CASES: Readonly<Record<string, Script>> = {
  'a plain success': { headers: GRPC, pieces: [envelope(RESULT)], trailers: OK },
  'an empty message': { headers: GRPC, pieces: [envelope(Buffer.alloc(0))], trailers: OK },
  'a message in single bytes': {
    headers: GRPC,
    pieces: Array.from(envelope(RESULT), byte => Buffer.from([byte])),
    trailers: OK,
  },
  'the largest message': { headers: GRPC, pieces: [envelope(fieldOf(MAX_BYTES))], trailers: OK },
  'a message that is too large': { headers: GRPC, pieces: [envelope(fieldOf(MAX_BYTES + 1))], trailers: OK },
  'a message that announces gigabytes': { headers: GRPC, pieces: [envelope(RESULT, 0xfffffff0)], trailers: OK },
  'a message that was cut off': { headers: GRPC, pieces: [envelope(RESULT, 40)], trailers: OK },
  'half an envelope': { headers: GRPC, pieces: [Buffer.from([0, 0])], trailers: OK },
  'two messages': { headers: GRPC, pieces: [envelope(RESULT), envelope(RESULT)], trailers: OK },
  'a compressed message': { headers: GRPC, pieces: [envelope(RESULT, RESULT.length, 1)], trailers: OK },
  'a compressed answer': {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' },
    pieces: [envelope(RESULT, RESULT.length, 1)],
    trailers: OK,
  },
  'an answer that is said to be as it is': {
    headers: { ...GRPC, 'grpc-encoding': 'identity' },
    pieces: [envelope(RESULT)],
    trailers: OK,
  },
  'garbage in an envelope': { headers: GRPC, pieces: [envelope(Buffer.from('<html>'))], trailers: OK },
  'no message': { headers: GRPC, pieces: [], trailers: OK },
  'no message and no status': { headers: GRPC, pieces: [], trailers: {} },
  'no status': { headers: GRPC, pieces: [envelope(RESULT)], trailers: {} },
  'a status of the server': { headers: GRPC, pieces: [], trailers: { 'grpc-status': '5', 'grpc-message': 'no%20id' } },
  'a status after a message': { headers: GRPC, pieces: [envelope(RESULT)], trailers: { 'grpc-status': '13' } },
  'a status with details': {
    headers: GRPC,
    pieces: [],
    trailers: { 'grpc-status': '5', 'grpc-status-details-bin': details },
  },
  'success with details': {
    headers: GRPC,
    pieces: [envelope(RESULT)],
    trailers: { ...OK, 'grpc-status-details-bin': details },
  },
  'a status that is none': { headers: GRPC, pieces: [envelope(RESULT)], trailers: { 'grpc-status': 'fine' } },
  'a status in the headers': { headers: { ...GRPC, 'grpc-status': '14' }, pieces: [], trailers: undefined },
  'success in the headers': { headers: { ...GRPC, ...OK }, pieces: [], trailers: undefined },
  'an error in the headers and a message': {
    headers: { ...GRPC, 'grpc-status': '14' },
    pieces: [envelope(RESULT)],
    trailers: OK,
  },
  'an error of a proxy': { headers: { ':status': 502 }, pieces: [Buffer.from('<html>')], trailers: undefined },
  'a web page': { headers: { ':status': 200, 'content-type': 'text/html' }, pieces: [RESULT], trailers: undefined },
  'the type in capitals': {
    headers: { ':status': 200, 'content-type': 'Application/gRPC+proto; charset=utf-8' },
    pieces: [envelope(RESULT)],
    trailers: OK,
  },
}

/** A message with one field, of so many bytes in all. */
function fieldOf(bytes: number): Buffer {
  const length = bytes - 3
  return Buffer.concat([Buffer.from([0x12, (length & 0x7f) | 0x80, length >> 7]), Buffer.alloc(length, 7)])
}

for (const [name, script] of Object.entries(CASES)) {
  test(`ends as in the library: ${name}`, () => compare(script))
}

for (const code of [
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_CANCEL,
  constants.NGHTTP2_INTERNAL_ERROR,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]) {
  test(`a stream that is reset with ${code} decides the same as in the library`, async () => {
    for (const pieces of [[], [envelope(RESULT)], [envelope(RESULT, 40)]]) {
      const script = { headers: GRPC, pieces, trailers: undefined, reset: code }
      const [expected, found] = [await outcomeOf(library, script), await outcomeOf(ours, script)]
      // Which of several events the library hears first is a race there, and with it the words.
      assert.deepEqual({ by: found.by, rulings: found.rulings }, { by: expected.by, rulings: expected.rulings })
    }
  })
}

test('random answers end as in the library', async () => {
  const status = fc.oneof(fc.constantFrom('0', '0', '0', '1', '17', ''), fc.integer({ max: 20 }).map(String))
  const message = fc.oneof(fc.constant(RESULT), fc.uint8Array({ maxLength: 40 }))
  const scripts = fc.record({
    headers: fc.constantFrom<OutgoingHttpHeaders>(GRPC, GRPC, GRPC, { ...GRPC, 'grpc-encoding': 'identity' }),
    // A byte too many is refused at once; the library reads on, for a second message that it refuses then.
    pieces: fc
      .tuple(message, fc.constantFrom(0, 0, 0, 1, 100_000), fc.constantFrom(0, 0, 0, 1, 2))
      .chain(([bytes, more, flags]) => pieces(envelope(bytes, bytes.length + more, flags))),
    trailers: fc.record({ 'grpc-status': status, 'grpc-message': fc.constantFrom('', 'a%20b') }, { requiredKeys: [] }),
  })
  await fc.assert(fc.asyncProperty(scripts, compare), { numRuns: 150 })
})

/** The same bytes, in random pieces. */
function pieces(all: Buffer): fc.Arbitrary<Buffer[]> {
  return fc.array(fc.integer({ min: 1, max: all.length }), { maxLength: 3 }).map(cuts => {
    const at = [0, ...cuts.toSorted((a, b) => a - b), all.length]
    return at
      .slice(1)
      .map((end, index) => all.subarray(at[index], end))
      .filter(piece => piece.length > 0)
  })
}

test('a request that is too large is refused as in the library', async () => {
  const call = async ({ unary }: Transport) =>
    callEnding(await unary(METHOD, undefined, 1_000, {}, { requestId: 'x'.repeat(MAX_BYTES) }).catch(fault => fault))
  assert.deepEqual(await call(ours), await call(library))
})

test('the request arrives as that of the library does', async () => {
  const seen: unknown[] = []
  const http2 = createServer()
  http2.on('stream', async (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined)
    const body = await stream.toArray()
    seen.push({ headers: { ...headers }, body: Buffer.concat(body).toString('hex') })
    play(stream, { headers: GRPC, pieces: [envelope(RESULT)], trailers: OK })
  })
  await using other = await listen(http2)
  const manager = () => new Http2SessionManager(other.url)
  const base = { baseUrl: other.url, acceptCompression: [] }
  const calls = [
    createGrpcTransport({ ...base, sessionManager: manager() }).unary,
    unaryTransport(manager(), 1_000_000),
  ]
  const input = { $typeName: RequestIdSchema.typeName, requestId: 'ab'.repeat(40_000) }
  for (const unary of calls) await unary(METHOD, undefined, 12_345, { traceparent: '00-1-2-00' }, input)
  assert.equal(seen.length, 2)
  assert.deepEqual(seen[1], seen[0])
})
