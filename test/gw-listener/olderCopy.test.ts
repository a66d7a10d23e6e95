import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { requestStream } from '@kms-connector/streams'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, openBench, TABLE, until } from './listenerBench.ts'
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

for (const [when, further] of [
  ['nothing new comes', 0],
  ['as many new requests come as were lost', 3],
] as const) {
  test(`streams and cursors of an older copy: what came since is published again when ${when}`, async t => {
    const bench = await openBench(t, gateway)
    const listener = await bench.listener({ OVERLAP_INTERVAL: further > 0 ? '1h' : '200ms' })
    await publishedNew(bench)
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

test('a stream of an older copy under a newer cursor: the listener ends and says what to do', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ OVERLAP_INTERVAL: '1h' })
  await publishedNew(bench)
  const copy = await copyOf(bench)
  for (let i = 0; i < 2; i++) await publishedNew(bench)
  const stream = requestStream(TABLE.named('public-decryption'))
  await setBack(bench, copy, join('jetstream', '$G', 'streams', stream))
  await requestPublic(gateway)
  await until('it ends', async () => listener.state === 'ended')
  assert.equal((await listener.exited).code, 1)
  assert.match(await logOf(listener), /CURSOR_INVALID.*ends at 1, and had 3 messages before/)
})
