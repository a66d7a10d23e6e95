import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, openBench, until } from './listenerBench.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

/** Emits requests, pipelined, and hands out their ids when all are on chain. */
async function emit(count: number, extraData?: `0x${string}`): Promise<string[]> {
  const placed = await Promise.all(Array.from({ length: count }, () => requestPublic(gateway, extraData)))
  return placed.map(({ id }) => id)
}

/** Every id is on its stream, and nothing else is: the subject keeps one message, so that nothing can be there twice. */
async function expectAllOnce(bench: Bench, ids: readonly string[]): Promise<void> {
  await until('all requests are published', async () => (await bench.count('public-decryption')) >= ids.length)
  for (const id of ids) assert.ok(await bench.request('public-decryption', id), id)
  assert.equal(await bench.count('public-decryption'), ids.length)
}

test('a listener that is killed again and again while 300 requests are emitted publishes all of them once', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ GET_LOGS_BATCH_SIZE: '3' })
  const emitted = emit(300)
  for (let kills = 0; kills < 4; kills++) {
    const goal = (kills + 1) * 15
    await until('it got on', async () => (await bench.count('public-decryption')) >= goal)
    assert.deepEqual(await listener.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
    await listener.restart()
  }
  await expectAllOnce(bench, await emitted)
})

test('two listeners side by side publish every request once', async t => {
  const bench = await openBench(t, gateway)
  const both = await Promise.all([bench.listener(), bench.listener({ GET_LOGS_BATCH_SIZE: '2' })])
  const ids = await emit(120)
  await expectAllOnce(bench, ids)
  for (const listener of both) assert.deepEqual(await listener.stop(), { code: 0, signal: null })
})

test('a broker that is killed while requests are published loses none', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ GET_LOGS_BATCH_SIZE: '5' })
  const emitted = emit(200)
  for (let kills = 0; kills < 2; kills++) {
    const goal = (kills + 1) * 20
    await until('it got on', async () => (await bench.count('public-decryption')) >= goal)
    await bench.nats.kill()
    await bench.nats.restart()
  }
  await expectAllOnce(bench, await emitted)
  assert.equal(listener.state, 'ready')
})
