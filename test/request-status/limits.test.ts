import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { ask, askOne, LiveStream } from './asking.ts'
import { freshId, TABLE, TOPOLOGY } from './pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from './pipelineBroker.ts'
import { StatusProcess } from './statusProcess.ts'

const operation = TABLE.named('user-decryption')

describe('limits of the request status', { timeout: 240_000 }, () => {
  let bench: PipelineBroker
  let service: StatusProcess

  before(async () => {
    bench = await startPipelineBroker()
    service = await StatusProcess.start(bench.server.url)
  })
  after(async () => {
    await service?.[Symbol.asyncDispose]()
    await bench?.stop()
  })

  const withSettings = (settings: Record<string, string>) =>
    StatusProcess.start(
      bench.server.url,
      Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [`KMS_CONNECTOR_REQUEST_STATUS_${name}`, value]),
      ),
    )

  test('malformed ids, unknown ids and ids of no operation are told apart', async () => {
    for (const id of ['latest', '0x1', '0', `${'f'.repeat(65)}`, '1.5', 'kms.dead.>', '%00', '..%2f']) {
      const { status, body } = await askOne(service.url, id)
      assert.equal(status, 400, id)
      assert.match(body.error, /64 hex digits/)
    }
    const unknown = await askOne(service.url, freshId(operation))
    assert.equal(unknown.status, 404)
    assert.match(unknown.body.error, /not published yet|older than/)
    const foreign = await askOne(service.url, `07${'0'.repeat(62)}`)
    assert.equal(foreign.status, 404)
    assert.match(foreign.body.error, /1 public-decryption/)
  })

  test('a stream of an unknown or malformed id is an ordinary refusal', async () => {
    const events = (id: string) => ask(service.url, `/requests/${id}/events`, '/requests/{id}/events')
    assert.equal((await events(freshId(operation))).status, 404)
    assert.equal((await events('nothing')).status, 400)
  })

  test('only GET, without a body, below 1024 characters, on known pages', async () => {
    const id = freshId(operation)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const refused = await ask(service.url, `/requests/${id}`, '/requests/{id}', { method })
      assert.equal(refused.status, 405)
      assert.equal(refused.headers.get('allow'), 'GET')
    }
    assert.equal((await ask(service.url, `/requests/${'1'.repeat(2_000)}`, '/requests/{id}')).status, 414)
    assert.equal((await fetch(`${service.url}/metrics`)).status, 404)
    assert.match(
      await raw(service.url, `GET /requests/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`),
      / 413 /,
    )
    assert.match(
      await raw(service.url, `GET /requests/1 HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`),
      / 431 /,
    )
    assert.match(await raw(service.url, 'nonsense\r\n\r\n'), / 400 /)
  })

  test('the description is served', async () => {
    const { status, body } = await ask(service.url, '/openapi.json', '/openapi.json')
    assert.deepEqual([status, body.openapi, Object.keys(body.paths).length], [200, '3.1.0', 4])
  })

  test('more subscribers than allowed get 503, and places become free again', async () => {
    await using small = await withSettings({ SUBSCRIBERS: '3' })
    const ids = Array.from({ length: 3 }, () => freshId(operation))
    for (const id of ids) await bench.pipeline.request(operation, id)
    const [first = '', second = '', third = ''] = ids
    await using _a = await LiveStream.open(small.url, first)
    await using _b = await LiveStream.open(small.url, first)
    {
      await using _c = await LiveStream.open(small.url, second)
      const refused = await ask(small.url, `/requests/${third}/events`, '/requests/{id}/events')
      assert.equal(refused.status, 503)
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      assert.equal((await askOne(small.url, third)).status, 200)
    }
    for (;;) {
      await using again = await LiveStream.open(small.url, third)
      if (again.status === 200) break
      assert.equal(again.status, 503)
    }
    assert.match(await small.metrics(), /refused_total\{reason="subscribers"\} [1-9]/)
  })

  test('more questions than allowed get 429; a listing counts as many', async () => {
    await using slow = await withSettings({ RATE: '1' })
    let answered = 0
    while ((await askOne(slow.url, '1')).status !== 429) answered++
    assert.ok(answered >= 100, `${answered} questions`)
    const listing = await ask(slow.url, '/requests?operation=keygen&state=dead', '/requests')
    assert.equal(listing.status, 429)
    assert.ok(Number(listing.headers.get('retry-after')) > 50)
  })

  test('a stream ends at its deadline', async () => {
    await using brief = await withSettings({ STREAM_DEADLINE: '1s' })
    const id = freshId(operation)
    await bench.pipeline.request(operation, id)
    await using live = await LiveStream.open(brief.url, id)
    await live.closed()
    assert.deepEqual(live.states(), ['received', 'end:deadline'])
  })

  test('streams that do not exist yet, and a broker that is gone, are answered with 503', async () => {
    const empty = await startNatsServer()
    try {
      await using early = await StatusProcess.start(empty.url, { KMS_CONNECTOR_REQUEST_STATUS_READ_TIMEOUT: '300ms' })
      const none = await askOne(early.url, '1')
      assert.deepEqual([none.status, none.body.code], [503, 'BROKER_UNAVAILABLE'])
      await empty.kill()
      const gone = await askOne(early.url, '1')
      assert.deepEqual([gone.status, gone.body.code], [503, 'BROKER_UNAVAILABLE'])
      assert.ok(Number(gone.headers.get('retry-after')) > 0)
    } finally {
      await empty.stop()
    }
  })

  test('nothing that the service does changes a stream', async () => {
    const names = TOPOLOGY.streams.map(s => s.name)
    const states = async () => {
      const infos = await Promise.all(names.map(name => bench.broker.manager.streams.info(name)))
      return infos.map(({ config, state }) => [config.name, config.max_age, state.messages, state.last_seq])
    }
    const id = freshId(operation)
    await bench.pipeline.request(operation, id)
    const before = await states()
    await using live = await LiveStream.open(service.url, id)
    await live.untilState('received')
    await askOne(service.url, id)
    await ask(service.url, '/requests?operation=user-decryption', '/requests')
    assert.deepEqual(await states(), before)
  })
})

/** Sends bytes that no HTTP client would send, and returns the status line. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('error', () => {})
    socket.write(text)
    while (!answer.includes('\r\n') && !socket.closed) {
      await Promise.race([once(socket, 'data'), once(socket, 'close')])
    }
    return answer.split('\r\n')[0] ?? ''
  } finally {
    socket.destroy()
  }
}
