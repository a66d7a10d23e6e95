import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CURSOR_BUCKET, KeyValue, requestStream, resetCursor } from '@kms-connector/streams'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, nextBlock, openBench, TABLE, until } from './listenerBench.ts'
import { prepare, requestPublic } from './requests.ts'

// A broker whose data are set back while the listener lives: nothing that it has published counts any more.
let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

async function publishedNew(bench: Bench): Promise<string> {
  const { id } = await requestPublic(gateway)
  await until(`${id} is published`, () => bench.request('public-decryption', id).catch(() => undefined))
  return id
}

/** Stops the broker, and starts it with what its directory, or one in it, held at an earlier time. */
async function setBack({ nats }: Bench, copy: string, part = ''): Promise<void> {
  await nats.kill()
  await rm(join(nats.storeDir, part), { recursive: true, force: true })
  await cp(join(copy, part), join(nats.storeDir, part), { recursive: true })
  await nats.restart()
}

async function copyOf({ nats }: Bench): Promise<string> {
  await nats.kill()
  const copy = `${nats.storeDir}-copy`
  await cp(nats.storeDir, copy, { recursive: true })
  await nats.restart()
  return copy
}

for (const [what, published] of [
  ['streams and cursors of an older copy', 1],
  ['a copy of before the first cursor', 0],
] as const) {
  for (const [when, further] of [
    ['nothing new comes', 0],
    ['as many new requests come as were lost', 3],
  ] as const) {
    test(`${what}: what came since is published again when ${when}`, async t => {
      const bench = await openBench(t, gateway)
      const listener = await bench.listener({ OVERLAP_INTERVAL: further > 0 ? '1h' : '200ms' })
      for (let i = 0; i < published; i++) await publishedNew(bench)
      const copy = await copyOf(bench)
      const lost = [await publishedNew(bench), await publishedNew(bench)]
      await bench.nats.kill()
      const placed = await Promise.all(Array.from({ length: further }, () => requestPublic(gateway)))
      await setBack(bench, copy)
      for (const id of [...lost, ...placed.map(each => each.id)])
        await until(`${id} is there`, () => bench.request('public-decryption', id).catch(() => undefined))
      assert.equal(listener.state, 'ready', 'it goes on by itself')
      assert.match(await logOf(listener), /with an older copy of the broker, reading again/)
    })
  }
}

const STREAM = requestStream(TABLE.named('public-decryption'))
const STREAM_DIRECTORY = join('jetstream', '$G', 'streams', STREAM)

/** Lets publications wait for the broker, as one does that is under way when the broker goes away. */
async function roomFor(bench: Bench, further: number): Promise<void> {
  const info = () => bench.broker.manager.streams.info(STREAM).catch(() => undefined)
  const { config, state } = await until('the broker answers', info)
  await bench.broker.manager.streams.update(STREAM, { ...config, max_msgs: state.messages + further })
}

async function publicationUnderWay(bench: Bench, listener: ServiceProcess): Promise<string> {
  await roomFor(bench, 0)
  const { id } = await requestPublic(gateway)
  await until('a publication waits', async () => /STREAM_FULL/.test(await logOf(listener)))
  return id
}

test('a publication under way takes the place of a lost one, in an older copy of streams and cursors: all is published', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ OVERLAP_INTERVAL: '1h' })
  await publishedNew(bench)
  const copy = await copyOf(bench)
  const lost = await publishedNew(bench)
  const waiting = await publicationUnderWay(bench, listener)
  await setBack(bench, copy)
  for (const id of [waiting, lost])
    await until(`${id} is there`, () => bench.request('public-decryption', id).catch(() => undefined))
  assert.equal(listener.state, 'ready', 'it goes on by itself')
})

test('a publication under way takes the place of a lost one, in an older copy of the stream alone: no listener works on it before it is repaired', async t => {
  const bench = await openBench(t, gateway)
  const begin = (await nextBlock(gateway)) - 1
  const listener = await bench.listener({ OVERLAP_INTERVAL: '1h' })
  await publishedNew(bench)
  const copy = await copyOf(bench)
  const lost = await publishedNew(bench)
  await publicationUnderWay(bench, listener)
  await setBack(bench, copy, STREAM_DIRECTORY)
  await until('it ends', async () => listener.state === 'ended')
  assert.equal((await listener.exited).code, 1)
  assert.match(await logOf(listener), /CURSOR_INVALID: PUBLIC_DECRYPTION ends at 1, and had 2 messages before/)
  const again = await bench.spawn({ OVERLAP_INTERVAL: '1h' })
  assert.equal((await again.exited).code, 1, 'a new one does not take the stream for whole')
  assert.match(await logOf(again), /CURSOR_INVALID: PUBLIC_DECRYPTION lost requests that it had/)
  await resetCursor(new KeyValue(bench.broker, CURSOR_BUCKET), `${GATEWAY_CHAIN}.public-decryption`, { block: begin })
  await bench.listener()
  await until(`${lost} is there`, () => bench.request('public-decryption', lost))
})

test('a stream that loses what was acknowledged after its cursor: it is published again', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ OVERLAP_INTERVAL: '1h' })
  await publishedNew(bench)
  const first = await publicationUnderWay(bench, listener)
  const range = [await requestPublic(gateway), await requestPublic(gateway)]
  await roomFor(bench, 1)
  await until('the first is published', () => bench.request('public-decryption', first))
  // Behind its last message nothing of the range is stored yet.
  const copy = await copyOf(bench)
  await roomFor(bench, 1)
  await until('one of two is published', async () => (await bench.count('public-decryption')) === 3)
  await setBack(bench, copy, STREAM_DIRECTORY)
  await roomFor(bench, 10)
  for (const { id } of range)
    await until(`${id} is there`, () => bench.request('public-decryption', id).catch(() => undefined))
  assert.equal(listener.state, 'ready', 'it goes on by itself')
})

test('a stream of an older copy under a newer cursor: the listener ends and says what to do', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ OVERLAP_INTERVAL: '1h' })
  await publishedNew(bench)
  const copy = await copyOf(bench)
  for (let i = 0; i < 2; i++) await publishedNew(bench)
  await setBack(bench, copy, STREAM_DIRECTORY)
  await requestPublic(gateway)
  await until('it ends', async () => listener.state === 'ended')
  assert.equal((await listener.exited).code, 1)
  assert.match(await logOf(listener), /CURSOR_INVALID.*ends at 1, and had 3 messages before/)
})
