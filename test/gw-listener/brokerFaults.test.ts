import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { CURSOR_BUCKET, DEFAULT_TOPOLOGY, KeyValue, readCursor, topologyOf } from '@kms-connector/streams'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { call, GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, openBench, until } from './listenerBench.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

async function readyz(listener: ServiceProcess): Promise<string> {
  const url = await until(
    'it names its address',
    async () => /"monitoring_url":"([^"]+)"/.exec(await logOf(listener))?.[1],
  )
  const answer = await fetch(new URL('/readyz?verbose', url))
  return `${answer.status} ${await answer.text()}`
}

/** Waits until `/readyz` explains why not. */
const expectUnready = (listener: ServiceProcess, why: RegExp) =>
  until(`/readyz says ${why}`, async () => {
    const text = await readyz(listener)
    return text.startsWith('503') && why.test(text)
  })

const cursorOf = async ({ broker }: Bench) =>
  (await readCursor(new KeyValue(broker, CURSOR_BUCKET), `${GATEWAY_CHAIN}.public-decryption`))?.block ?? 0

test('a full stream holds the listener and its cursor, readiness says why, and room is enough to go on', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ STREAMS__DECRYPTION_BYTES: '1MiB', PUBLISH_IN_FLIGHT: '4' })
  const ids: string[] = []
  const filler = `0x${'ab'.repeat(20_000)}` as const
  for (let wave = 0; wave < 8; wave++) {
    const placed = await Promise.all(Array.from({ length: 5 }, () => requestPublic(gateway, filler)))
    ids.push(...placed.map(({ id }) => id))
  }
  await expectUnready(listener, /STREAM_FULL.*waits for \d+ s.*maximum bytes exceeded/)
  const [held, count] = [await cursorOf(bench), await bench.count('public-decryption')]
  assert.ok(count < ids.length)
  const owner = new ChainSender({ rpcUrl: gateway.rpcUrl, privateKey: devKey(0) })
  await call(gateway, owner, 'KMSGeneration', 'prssInit', [])
  await until('key management goes on', async () => (await bench.count('prss-init')) === 1)
  assert.equal(await cursorOf(bench), held)
  const waits = (await logOf(listener)).split('\n').filter(line => line.includes('waited for the broker'))
  assert.ok(waits.length <= 3, `${waits.length} lines about one wait`)
  const [plan] = topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY).streams.filter(s => s.name === 'PUBLIC_DECRYPTION')
  assert.ok(plan)
  await bench.broker.manager.streams.update(plan.name, { ...plan })
  await until('all requests are published', async () => (await bench.count('public-decryption')) === ids.length)
  for (const id of ids) assert.ok(await bench.request('public-decryption', id), id)
  await until('it is ready again', async () => (await readyz(listener)).startsWith('200'))
})

const USER = 'accounts { A { jetstream: LIMITS, users: [{ user: connector, password: right }] } }'
const RIGHT = { NATS_USER: 'connector', NATS_PASSWORD: 'right' }
const FAULTS: readonly [string, string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'wrong credentials',
    USER.replace('LIMITS', 'enabled'),
    { NATS_USER: 'connector', NATS_PASSWORD: 'wrong' },
    /NATS refuses the credentials/,
  ],
  [
    'JetStream that is off for the account',
    USER.replace('LIMITS', 'disabled'),
    RIGHT,
    /JetStream does not answer: it is off/,
  ],
]

for (const [what, config, credentials, says] of FAULTS) {
  test(`${what}: log and readiness say what to do, once`, async t => {
    const bench = await openBench(t, gateway)
    const server = await startNatsServer({ config })
    t.after(() => server.stop())
    const listener = await bench.spawn({ NATS_URL: server.url, ...credentials })
    await expectUnready(listener, says)
    const lines = (await logOf(listener)).split('\n').filter(line => says.test(line))
    assert.equal(lines.length, 1)
    assert.doesNotMatch(await logOf(listener), /"wrong"|right"/)
  })
}

test(`an account without room for the streams: the process ends and says what to change`, async t => {
  const bench = await openBench(t, gateway)
  const server = await startNatsServer({ config: USER.replace('LIMITS', '{ max_file: 100MB }') })
  t.after(() => server.stop())
  const listener = await bench.spawn({ NATS_URL: server.url, ...RIGHT })
  assert.equal((await listener.exited).code, 75)
  assert.match(await logOf(listener), /PUBLIC_DECRYPTION cannot be created: .*raise max_file_store .*or lower streams/)
})

test('a server in lame duck mode is announced in the log, and the listener goes on when it is back', async t => {
  const bench = await openBench(t, gateway, { config: 'lame_duck_duration: "30s", lame_duck_grace_period: "1s"' })
  const listener = await bench.listener()
  process.kill(bench.nats.pid, 'SIGUSR2')
  await until('it is announced', async () => (await logOf(listener)).includes('the NATS server is about to stop'))
  await bench.nats.restart()
  const { id } = await requestPublic(gateway)
  await until('it goes on', () => bench.request('public-decryption', id).catch(() => undefined))
})
