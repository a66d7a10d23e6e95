import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { listenOnLoopback } from '../../apps/devnet/src/faults/loopback.ts'
import { startTcpProxy, type TcpProxy } from '../../apps/devnet/src/faults/tcpProxy.ts'

/** Echoes, and remembers what it got. */
let server: Server
let received = ''
let proxy: TcpProxy
const clients: Socket[] = []

before(async () => {
  server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', data => {
      received += data
      socket.write(data)
    })
  })
  const port = await listenOnLoopback(server)
  proxy = await startTcpProxy({ target: `tcp://127.0.0.1:${port}` })
})
after(async () => {
  await proxy.stop()
  server.close()
})
beforeEach(() => {
  received = ''
})
afterEach(() => {
  proxy.faults = {}
  for (const client of clients.splice(0)) client.destroy()
})

async function open(): Promise<Socket> {
  const client = connect(proxy.port, '127.0.0.1')
  client.on('error', () => {})
  clients.push(client)
  await once(client, 'connect')
  return client
}

async function echo(client: Socket, text: string): Promise<string> {
  client.write(text)
  let got = ''
  while (got.length < text.length) got += String((await once(client, 'data'))[0])
  return got
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 1000 && !condition(); n++) await new Promise(resolve => setTimeout(resolve, 10))
  assert.ok(condition())
}

/** How a connection ended: with an error code, or properly. */
async function ending(client: Socket): Promise<string> {
  return new Promise(resolve => {
    client.once('error', fault => resolve('code' in fault ? String(fault.code) : fault.message))
    client.once('close', () => resolve('closed'))
  })
}

test('without faults bytes pass in both directions, and a proper end stays proper', async () => {
  const client = await open()
  assert.equal(await echo(client, 'hello'), 'hello')
  client.end()
  assert.equal(await ending(client), 'closed')
})

test('a delay makes every byte late, there and back', async () => {
  proxy.faults = { delayMs: 60 }
  const client = await open()
  const from = performance.now()
  await echo(client, 'late')
  assert.ok(performance.now() - from >= 119, 'twice the delay')
})

test('a throttle spreads bytes over time', async () => {
  const client = await open()
  proxy.faults = { bytesPerSecond: 10_000 }
  const from = performance.now()
  assert.equal((await echo(client, 'x'.repeat(4_000))).length, 4_000)
  assert.ok(performance.now() - from >= 250, 'about 400 ms for each direction, overlapping')
})

test('a cut resets open connections', async () => {
  const client = await open()
  await echo(client, 'here')
  const end = ending(client)
  assert.equal(proxy.cut(), 1)
  assert.equal(await end, 'ECONNRESET')
})

test('a refusal resets new connections and leaves open ones alone', async () => {
  const before = await open()
  await echo(before, 'a')
  proxy.faults = { refuse: true }
  const refused = connect(proxy.port, '127.0.0.1')
  clients.push(refused)
  assert.equal(await ending(refused), 'ECONNRESET')
  assert.equal(await echo(before, 'b'), 'b')
})

test('a stalled direction tells nobody, and what waited arrives in the end', async () => {
  const client = await open()
  await echo(client, 'a')
  proxy.faults = { stall: ['down'] }
  let heard = ''
  client.on('data', data => {
    heard += data
  })
  client.write('b')
  await until(() => received === 'ab')
  await new Promise(resolve => setTimeout(resolve, 60))
  assert.equal(heard, '')
  proxy.faults = {}
  await until(() => heard === 'b')
})

test('dropped bytes never arrive, and a connection that lost some is reset when the network is well again', async () => {
  const client = await open()
  await echo(client, 'a')
  const whole = await open()
  await echo(whole, 'w')
  proxy.faults = { drop: 'up' }
  client.write('lost')
  await new Promise(resolve => setTimeout(resolve, 60))
  assert.equal(received, 'aw')
  const end = ending(client)
  proxy.faults = {}
  assert.equal(await end, 'ECONNRESET')
  assert.equal(await echo(whole, 'still whole'), 'still whole')
})

test('a target that is gone resets the client', async () => {
  const gone = await startTcpProxy({ target: 'tcp://127.0.0.1:1' })
  const client = connect(gone.port, '127.0.0.1')
  assert.equal(await ending(client), 'ECONNRESET')
  await gone.stop()
})

test('the proxy stops in the middle of a stalled connection, and holds no more connections than it may', async () => {
  const small = await startTcpProxy({ target: proxy.url, maxConnections: 1, faults: { stall: ['up', 'down'] } })
  const held = connect(small.port, '127.0.0.1')
  await once(held, 'connect')
  const excess = connect(small.port, '127.0.0.1')
  assert.equal(await ending(excess), 'ECONNRESET')
  const end = ending(held)
  await small.stop()
  assert.equal(await end, 'ECONNRESET')
  assert.equal(small.open, 0)
})

test('a connection that is cut while it ends is gone, too', async () => {
  const own = await startTcpProxy({ target: proxy.url })
  const client = connect({ port: own.port, host: '127.0.0.1', allowHalfOpen: true })
  clients.push(client)
  client.on('error', () => {})
  assert.equal(await echo(client, 'a'), 'a')
  own.faults = { stall: ['up'] }
  client.end()
  await new Promise(resolve => setTimeout(resolve, 60))
  // The end that waited is handed on, and the next moment both sides are to be reset.
  own.faults = {}
  assert.equal(own.cut(), 1)
  await until(() => own.open === 0)
  await own.stop()
})

test('a target without a port is refused', async () => {
  await assert.rejects(startTcpProxy({ target: 'http://127.0.0.1' }), TypeError)
})
