import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { after, before, type TestContext, test } from 'node:test'
import { createLogger } from '@kms-connector/service-kit'
import { startTcpProxy, type TcpProxy } from '../../apps/devnet/src/faults/index.ts'
import { Doorbell } from '../../apps/gw-listener/src/doorbell.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from './listenerBench.ts'
import { metricOf } from './pages.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway
let wire: TcpProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  wire = await startTcpProxy({ target: gateway.rpcUrl.replace('http', 'ws') })
})
after(async () => {
  await wire?.stop()
  await gateway?.stop()
})

/** A listener whose own interval would take an hour, so that only a ring can make it look. */
const HOURLY = { DECRYPTION_POLLING: '5m', KEY_MANAGEMENT_POLLING: '1h', OVERLAP_INTERVAL: '1h' }

test('a new block wakes the listener, also after the connection was cut; it is needed for nothing else', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ ...HOURLY, GATEWAY_WS_URL: wire.url })
  const published = async () => {
    // The connection may be in the making: then the next block rings.
    await until('a request is published by a ring', async () => {
      const { id } = await requestPublic(gateway)
      const deadline = performance.now() + 1_000
      while (performance.now() < deadline) if (await bench.request('public-decryption', id)) return true
      return false
    })
  }
  await published()
  assert.equal(wire.cut(), 1)
  await published()
  assert.ok(((await metricOf(listener, 'kms_connector_listener_doorbell_rings_total')) ?? 0) >= 2)
})

test('a doorbell that nobody answers costs latency, nothing else', async t => {
  const bench = await openBench(t, gateway)
  wire.faults = { refuse: true }
  t.after(() => {
    wire.faults = {}
  })
  const listener = await bench.listener({ GATEWAY_WS_URL: wire.url })
  const { id } = await requestPublic(gateway)
  await until('it is published by polling', () => bench.request('public-decryption', id))
  assert.deepEqual(await listener.stop(), { code: 0, signal: null })
})

/** A WebSocket server that says what the test wants, as frames written by hand. */
async function rude(t: TestContext, onConnection: (send: (text: string) => void) => void): Promise<string> {
  const sockets: Duplex[] = []
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    onConnection(text => {
      const head = Buffer.alloc(10)
      head[0] = 0x81
      head[1] = 127
      head.writeBigUInt64BE(BigInt(text.length), 2)
      socket.write(Buffer.concat([head, Buffer.from(text)]))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}` // CAST: it listens on TCP
}

function listenTo(t: TestContext, url: string, silenceMs = 60_000) {
  const stop = new AbortController()
  const lines: string[] = []
  const logger = createLogger({
    service: 'test',
    version: '0',
    level: 'warn',
    destination: { write: (line: string) => void lines.push(line) },
  })
  const rings = { count: 0 }
  const doorbell = new Doorbell({ url, silenceMs, logger, onRing: () => rings.count++ })
  const listening = doorbell.listen(stop.signal)
  t.after(async () => {
    stop.abort()
    await listening
  })
  return { doorbell, ear: doorbell.ear(), lines, rings, signal: stop.signal }
}

test('who rings without end is listened to now and then: many rings are one look', async t => {
  const url = await rude(t, send => {
    const ring = () => send('{"method":"eth_subscription"}')
    const timer = setInterval(ring, 1)
    t.after(() => clearInterval(timer))
  })
  const { ear, rings, signal } = listenTo(t, url)
  await until('it rings', async () => rings.count > 20)
  const before = rings.count
  for (let looks = 0; looks < 5; looks++) await ear.rung(60_000, signal)
  assert.ok(rings.count - before > 10, `${rings.count - before} rings for five looks`)
})

test('a single ring is heard by each of the loops that were busy then', async t => {
  const url = await rude(t, send => send('{"method":"eth_subscription"}'))
  const { doorbell, ear, rings, signal } = listenTo(t, url)
  const other = doorbell.ear()
  await until('it has rung', async () => rings.count === 1)
  await ear.rung(3_600_000, signal)
  await other.rung(3_600_000, signal)
})

test('messages that are too large, refusals and silence end the connection, and it is tried again', async t => {
  const sayings = ['x'.repeat(70_000), '{"id":1,"error":{"code":-32601}}']
  let connections = 0
  const url = await rude(t, send => {
    const text = sayings[connections++]
    if (text !== undefined) send(text)
  })
  const { lines, rings } = listenTo(t, `${url}/key-that-nobody-may-see`, 300)
  await until('all of it has happened', async () => lines.length >= 3)
  const all = lines.join('\n')
  for (const why of [/too large/, /takes no subscription/, /silent for 300 ms/]) assert.match(all, why)
  assert.doesNotMatch(all, /key-that-nobody/)
  assert.equal(rings.count, 0)
})

test('without a ring the wait lasts as long as it was meant to, and a stop ends it', async t => {
  const url = await rude(t, () => {})
  const { ear, signal } = listenTo(t, url)
  await ear.rung(150, signal)
  const stop = new AbortController()
  const waiting = ear.rung(600_000, stop.signal)
  stop.abort()
  await waiting
})
