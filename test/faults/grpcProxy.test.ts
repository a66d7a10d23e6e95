import assert from 'node:assert/strict'
import { connect, createServer, type Http2Server, type OutgoingHttpHeaders } from 'node:http2'
import { after, afterEach, before, test } from 'node:test'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { Health, HealthCheckResponse_ServingStatus } from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import { type RunningCore, startCore } from '../../apps/devnet/src/core/index.ts'
import { type GrpcProxy, startGrpcProxy } from '../../apps/devnet/src/faults/grpcProxy.ts'
import { listenOnLoopback } from '../../apps/devnet/src/faults/loopback.ts'

const SIGNING_KEY = `0x${'11'.repeat(32)}` as const

let core: RunningCore
let proxy: GrpcProxy
let health: Client<typeof Health>

before(async () => {
  core = await startCore({ seed: 'grpc proxy', signingKey: SIGNING_KEY })
  proxy = await startGrpcProxy({ target: core.url })
  health = createClient(Health, createGrpcTransport({ baseUrl: proxy.url }))
})
after(async () => {
  await proxy?.stop()
  await core?.stop()
})
afterEach(() => {
  proxy.onCall = () => undefined
})

async function codeOf(call: Promise<unknown>): Promise<Code | undefined> {
  return call.then(
    () => undefined,
    fault => ConnectError.from(fault).code,
  )
}

test('without faults calls pass, statuses of the server included', async () => {
  const answer = await health.check({})
  assert.equal(answer.status, HealthCheckResponse_ServingStatus.SERVING)
  assert.equal(await codeOf(health.check({ service: 'nobody' })), Code.NotFound)
})

test('a status takes the place of an answer, with its message', async () => {
  proxy.onCall = method =>
    method === 'Check' ? { kind: 'status', code: Code.ResourceExhausted, message: 'too busy' } : undefined
  const fault = await health.check({}).catch(ConnectError.from)
  assert.ok(fault instanceof ConnectError)
  assert.equal(fault.code, Code.ResourceExhausted)
  assert.equal(fault.rawMessage, 'too busy')
})

for (const kind of ['reset', 'drop-reply'] as const) {
  test(`${kind} fails the call and leaves the connection alone`, async () => {
    proxy.onCall = () => ({ kind })
    assert.notEqual(await codeOf(health.check({})), undefined)
    proxy.onCall = () => undefined
    assert.equal(await codeOf(health.check({})), undefined)
  })
}

test('drop-reply lets the server act on the call', async () => {
  let heard = 0
  const server = h2Server(() => heard++)
  const port = await listenOnLoopback(server)
  await using other = await startGrpcProxy({
    target: `http://127.0.0.1:${port}`,
    onCall: () => ({ kind: 'drop-reply' }),
  })
  await assert.rejects(post(other.url))
  assert.equal(heard, 1)
  server.close()
})

test('silence lasts as long as the caller waits', async () => {
  proxy.onCall = () => ({ kind: 'silence' })
  assert.equal(await codeOf(health.check({}, { timeoutMs: 100 })), Code.DeadlineExceeded)
})

test('a delay is only a delay', async () => {
  proxy.onCall = () => ({ kind: 'delay', ms: 80 })
  const from = performance.now()
  await health.check({})
  assert.ok(performance.now() - from >= 79)
})

test('clients survive GOAWAY and broken connections by connecting again', async () => {
  await health.check({})
  assert.equal(proxy.goAway(), 1)
  await worksAgain()
  proxy.cut()
  await worksAgain()
})

/** A call that meets the old connection in its last moment may fail. */
async function worksAgain(): Promise<void> {
  for (let n = 0; n < 50; n++) if ((await codeOf(health.check({}))) === undefined) return
  assert.fail('still failing')
}

test('a server that is gone is unavailable', async () => {
  await using orphan = await startGrpcProxy({ target: 'http://127.0.0.1:1' })
  const client = createClient(Health, createGrpcTransport({ baseUrl: orphan.url }))
  assert.equal(await codeOf(client.check({})), Code.Unavailable)
})

function h2Server(onCall: () => void): Http2Server {
  const server = createServer()
  server.on('stream', stream => {
    onCall()
    stream.respond({ ':status': 200 })
    stream.end('answer')
  })
  return server
}

/** Posts once over a connection of its own. @throws when the stream ends with an error */
function post(url: string): Promise<void> {
  const session = connect(url)
  const headers: OutgoingHttpHeaders = { ':method': 'POST', ':path': '/x/Y' }
  return new Promise<void>((resolve, reject) => {
    const stream = session.request(headers)
    stream.once('error', reject)
    stream.once('close', () => (stream.rstCode === 0 ? resolve() : reject(new Error('reset'))))
    stream.resume()
    stream.end()
  }).finally(() => session.destroy())
}
