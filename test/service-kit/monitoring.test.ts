import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ExampleProcess } from './exampleProcess.ts'

const KEY = 'deadbeef'.repeat(8)

async function get(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init)
  return { status: response.status, headers: response.headers, body: await response.text() }
}

test('the pages answer as operators expect', async () => {
  await using service = new ExampleProcess(['start'], { KMS_CONNECTOR_PRIVATE_KEY: KEY })
  const base = await service.url()
  await service.line('started')

  for (const path of ['/livez', '/liveness']) {
    const { status, body } = await get(base + path)
    assert.deepEqual([status, JSON.parse(body)], [200, { status_code: '200', status: 'alive' }])
  }
  for (const path of ['/readyz', '/healthz']) {
    const { status, body, headers } = await get(base + path)
    assert.deepEqual([status, JSON.parse(body)], [200, { healthy: true, nats_connected: true, details: '' }])
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  }
  const verbose = JSON.parse((await get(`${base}/readyz?verbose`)).body)
  assert.equal(verbose.checks[0].name, 'nats')
  const version = JSON.parse((await get(`${base}/version`)).body)
  assert.deepEqual(version, { name: 'example', version: '1.2.3', build: 'abc1234' })
  const status = JSON.parse((await get(`${base}/status`)).body)
  assert.deepEqual(status.cursor, { block: '7', key: '[redacted]' })
  assert.equal(status.loops[0].name, 'poll')
  const metrics = await get(`${base}/metrics`)
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.match(metrics.body, /^kms_connector_build_info\{service="example"/m)
})

test('everything else is refused', async () => {
  await using service = new ExampleProcess(['start'])
  const base = await service.url()
  assert.equal((await get(`${base}/`)).status, 404)
  assert.equal((await get(`${base}/livez/`)).status, 404)
  assert.equal((await get(`${base}/livez`, { method: 'HEAD' })).body, '')
  const post = await get(`${base}/livez`, { method: 'POST', body: 'x' })
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
  assert.equal((await get(`${base}/livez`, { headers: { 'x-large': 'x'.repeat(10_000) } })).status, 431)
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.end('NONSENSE\r\n\r\n')
  assert.match(await text(socket), /^HTTP\/1\.1 400/)
  assert.equal((await get(`${base}/livez`)).status, 200)
})

test('not ready while starting, and while a dependency is away; the answer holds no secret', async () => {
  await using starting = new ExampleProcess(['start'], { KMS_CONNECTOR_BEHAVIOUR: 'stuck-start' })
  const early = await get(`${await starting.url()}/readyz`)
  assert.deepEqual([early.status, JSON.parse(early.body).details], [503, 'the process is starting'])
  await using unready = new ExampleProcess(['start'], { KMS_CONNECTOR_BEHAVIOUR: 'unready' })
  const base = await unready.url()
  await unready.line('started')
  const { status, body } = await get(`${base}/healthz`)
  assert.equal(status, 503)
  const details = 'nats: no route to nats://[redacted]@broker:4222'
  assert.deepEqual(JSON.parse(body), { healthy: false, nats_connected: false, details })
  const { dependency, error, level } = await unready.line('a dependency does not answer')
  assert.deepEqual([dependency, error, level], ['nats', 'no route to nats://[redacted]@broker:4222', 'warn'])
})

test('a dead loop shows on /livez before the process ends itself', async () => {
  await using service = new ExampleProcess(['start'], { KMS_CONNECTOR_BEHAVIOUR: 'dead-loop' })
  const base = await service.url()
  await service.line('loops gave no sign of life for too long')
  const { status, body } = await get(`${base}/livez`)
  assert.equal(status, 503)
  assert.match(JSON.parse(body).details, /^poll: silent for \d+ ms, 1000 ms are allowed$/)
})

test('no secret reaches the log', async () => {
  await using service = new ExampleProcess(['start'], {
    KMS_CONNECTOR_PRIVATE_KEY: KEY,
    KMS_CONNECTOR_GATEWAY_URL: 'http://user:hunter22@127.0.0.1:1',
    KMS_CONNECTOR_LOG_LEVEL: 'trace',
  })
  await service.line('started')
  service.signal('SIGTERM')
  assert.equal(await service.exitCode(), 0)
  assert.match(service.stdout, /the key is 0x\[redacted\]/)
  assert.match(service.stdout, /settings loaded/)
  assert.ok(!/deadbeef|hunter22/.test(service.stdout + service.stderr), service.stdout)
})

test('health asks a running process', async () => {
  await using service = new ExampleProcess(['start'])
  const base = await service.url()
  await service.line('started')
  const endpoint = { KMS_CONNECTOR_MONITORING_ENDPOINT: `0.0.0.0:${new URL(base).port}` }
  // The other settings of the process are broken on purpose: a probe needs none of them.
  await using byDefault = new ExampleProcess(['health'], { ...endpoint, KMS_CONNECTOR_BEHAVIOUR: 'nonsense' })
  assert.equal(await byDefault.exitCode(), 0, byDefault.stderr)
  assert.match(byDefault.stdout, /"healthy":true/)
  await using notJson = new ExampleProcess(['health', '-e', `${base}/metrics`])
  assert.equal(await notJson.exitCode(), 1)
  assert.equal(notJson.stderr, 'the answer is not JSON\n')
  await using notFound = new ExampleProcess(['health', '-e', `${base}/nothing`])
  assert.equal(await notFound.exitCode(), 1)
  service.signal('SIGTERM')
  await service.exitCode()
  await using gone = new ExampleProcess(['health', '-e', base])
  assert.equal(await gone.exitCode(), 1)
  assert.match(gone.stderr, /ECONNREFUSED/)
})
