import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import {
  CURSOR_BUCKET,
  connectBroker,
  DEAD_LETTERS,
  DEFAULT_TOPOLOGY,
  drainBroker,
  KeyValue,
  OUTCOMES,
  provision,
  RESPONSES,
  resetCursor,
  streamIdentity,
  topologyOf,
} from '@kms-connector/streams'
import { natsServerVersions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { startCore } from '../../apps/devnet/src/core/index.ts'
import { COPROCESSORS } from '../../apps/devnet/src/devnet/index.ts'
import { laggingNode, logRangeLimit, type NodeLayer, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { GARBAGE, WhyBench } from './whyBench.ts'

// Every check meets what it is there to find, on one devnet.
let bench: WhyBench
/** Checks that were seen not to be fine. */
const seen = new Set<string>()

before(async () => {
  bench = await WhyBench.start()
})
after(() => bench?.stop())

type Expected = readonly [id: string, status: 'warn' | 'fail', detail: RegExp]

async function expectFound(more: Readonly<Record<string, string>>, ...expected: readonly Expected[]): Promise<void> {
  const { exit, checks } = await bench.doctor(more)
  for (const [id, status, detail] of expected) {
    const result = checks.get(id)
    assert.equal(result?.status, status, `${id}: ${JSON.stringify(result)}`)
    assert.match(result?.detail ?? '', detail)
    assert.ok((result?.fix ?? '').length > 5, id)
    seen.add(id)
  }
  if (expected.some(([, status]) => status === 'fail')) assert.equal(exit, 2)
}

async function proxied(t: TestContext, ...layers: readonly NodeLayer[]) {
  const proxy = await startRpcProxy({ target: bench.devnet.chains.gateway.rpcUrl, layers })
  t.after(() => proxy.stop())
  return proxy
}

const NOBODY = `0x${'12'.repeat(20)}`
const DEAD_PORT = 'http://127.0.0.1:1'

test('a node in order has warnings only about what a devnet cannot have', async () => {
  for (const { id } of [await bench.request(), await bench.request()]) await bench.untilWhy('ANSWERED', id)
  const { exit, checks } = await bench.doctor()
  const notFine = [...checks.values()].filter(({ status }) => status !== 'ok').map(check => check.id)
  assert.deepEqual(notFine, ['settings.wallet', 'nats.replicas'])
  assert.equal(exit, 1)
  seen.add('nats.replicas')
})

test('settings: something is missing, has an old name, or is the wrong wallet', async () => {
  const wrong = { PRIVATE_KEY: `0x${'5a'.repeat(32)}`, HOST_CHAINS: '[]', CHANNEL_SIZE: '32' }
  await expectFound(
    wrong,
    ['settings.complete', 'warn', /not given: host_chains/],
    ['settings.names', 'warn', /channel_size|CHANNEL_SIZE/],
    ['settings.wallet', 'fail', /wallet_address of the workers is 0x/],
    ['contracts.node', 'fail', /knows no KMS node with wallet/],
  )
})

test('endpoints and contracts of another network', async () => {
  const { host } = bench.devnet.chains
  await expectFound(
    {
      GATEWAY_CHAIN_ID: '1',
      DECRYPTION_CONTRACT__ADDRESS: NOBODY,
      HOST_CHAINS: JSON.stringify([{ url: host.rpcUrl, chain_id: host.chainId, acl_address: NOBODY }]),
    },
    ['endpoints.chain', 'fail', /serves chain 54321, the settings say 1/],
    ['contracts.version', 'fail', /no contract Decryption at 0x1212/],
    ['contracts.hosts', 'fail', /no contract ACL at 0x1212/],
    ['pipeline.cursor', 'fail', /nothing was read yet/],
  )
  const domain = { DECRYPTION_CONTRACT__DOMAIN_VERSION: '9' }
  await expectFound(domain, ['contracts.domain', 'fail', /version is "1" on chain, "9" in the settings/])
})

test('endpoints that lag, refuse ranges or know no finalized block', async t => {
  await bench.mine(80)
  const lagging = await proxied(t, laggingNode(40).layer)
  const real = bench.devnet.chains.gateway.rpcUrl
  await expectFound({ GATEWAY_URL: `${lagging.url},${real}` }, [
    'endpoints.head',
    'fail',
    /blocks behind another endpoint/,
  ])
  const poor = await proxied(t, async (call, ask) =>
    call.method === 'eth_getBlockByNumber' && call.params[0] === 'finalized'
      ? { error: { code: -32000, message: 'finalized block not found' } }
      : ask(),
  )
  poor.rules.add({ method: 'eth_getLogs', action: logRangeLimit(5, 'geth') })
  await expectFound(
    { GATEWAY_URL: poor.url },
    ['endpoints.logs', 'warn', /exceed maximum block range: 5/],
    ['endpoints.finality', 'warn', /does not know "finalized"/],
  )
})

test('endpoints, NATS and Core that are gone', async () => {
  const gone = { GATEWAY_URL: DEAD_PORT, KMS_CORE_ENDPOINTS: DEAD_PORT }
  await expectFound(
    gone,
    ['endpoints.sync_send', 'fail', /RPC_UNAVAILABLE/],
    ['endpoints.trace', 'fail', /RPC_UNAVAILABLE/],
    ['core.health', 'fail', /Unavailable/],
  )
  await expectFound({ NATS_URL: 'nats://127.0.0.1:1' }, ['nats.reachable', 'fail', /no connection to nats:/])
})

test('a Core without keys, a bucket that does not answer', async t => {
  const { signer, wallet } = bench.devnet.node
  assert.notEqual(signer.address, wallet.address)
  const core = await startCore({ seed: 'empty', signingKey: signer.privateKey, keyIds: [] })
  t.after(() => core.stop())
  const entry = (url: string) =>
    COPROCESSORS.map(({ address, signer: own }) => ({ txSender: address, signer: own, s3BucketUrl: url }))
  await bench.devnet.owner.updateCoprocessors(entry(`${DEAD_PORT}/bucket`))
  await expectFound(
    { KMS_CORE_ENDPOINTS: core.url },
    ['core.keys', 'warn', /holds no FHE key/],
    ['buckets.registered', 'warn', /no answer/],
  )
  await bench.devnet.owner.updateCoprocessors(
    COPROCESSORS.map(({ address, signer: own, bucket }) => ({
      txSender: address,
      signer: own,
      s3BucketUrl: bench.devnet.s3.bucketUrl(bucket),
    })),
  )
})

test('streams that are full, kept for ever, or not as the settings say; workers that may not hold enough', async () => {
  const { streams, consumers } = bench.broker.manager
  const [responses, outcomes] = await Promise.all([streams.info(RESPONSES), streams.info(OUTCOMES)])
  await streams.update(RESPONSES, { ...responses.config, max_bytes: responses.state.bytes + 10 })
  await streams.update(OUTCOMES, { ...outcomes.config, max_age: 9e18 })
  await consumers.update('PUBLIC_DECRYPTION', 'kms-worker', { max_ack_pending: 64 })
  await expectFound(
    {},
    ['nats.headroom', 'fail', /^RESPONSES: /],
    ['nats.memory', 'warn', /of server memory/],
    ['nats.topology', 'warn', /the settings say/],
    ['nats.ack_pending', 'warn', /64 may be held, 1 waiting workers with 256 each/],
  )
  await streams.update(RESPONSES, responses.config)
  await streams.update(OUTCOMES, outcomes.config)
})

test('an account without storage', async t => {
  const config = 'accounts { A { jetstream { max_file: 1048576 }, users: [{ user: a, password: secret-b }] } }'
  const server = await startNatsServer({ config })
  t.after(() => server.stop())
  const broker = await connectBroker({ servers: [server.url], name: 'test', user: 'a', password: 'secret-b' })
  await broker.manager.streams.add({ name: 'FILL', subjects: ['fill'] })
  await broker.jetstream.publish('fill', Buffer.alloc(1_000_000))
  await drainBroker(broker, 1_000)
  const login = { NATS_URL: server.url, NATS_USER: 'a', NATS_PASSWORD: 'secret-b' }
  await expectFound(login, ['nats.storage', 'fail', /KiB of 1.0 MiB used/])
})

test('a broker that was set back under a newer cursor', async t => {
  const server = await startNatsServer()
  t.after(() => server.stop())
  const broker = await connectBroker({ servers: [server.url], name: 'test' })
  await provision(broker, topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY))
  const { created } = await streamIdentity(broker, 'CRSGEN')
  const cursor = { block: 7, stream: { created, seq: 5 } }
  await resetCursor(new KeyValue(broker, CURSOR_BUCKET), '54321.crsgen', cursor)
  await drainBroker(broker, 1_000)
  await expectFound({ NATS_URL: server.url }, ['nats.whole', 'fail', /^requests of crsgen before the cursor are gone$/])
})

test('an old nats-server', async t => {
  for (const { bin, version } of natsServerVersions()) {
    const server = await startNatsServer({ bin })
    t.after(() => server.stop())
    const { checks } = await bench.doctor({ NATS_URL: server.url, STREAMS__REPLICAS: '3' })
    const modern = version.localeCompare('2.11.0', undefined, { numeric: true }) >= 0
    assert.equal(checks.get('nats.version')?.status, modern ? 'ok' : 'fail', version)
    seen.add('nats.version')
  }
})

test('a clock that is wrong', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
  await expectFound({}, ['pipeline.clock', 'fail', /differ by 3[56]\d\d\.\d s/])
})

test('dead letters, no worker, no sender, many answers, an empty wallet, somebody else with our key', async () => {
  const { node } = bench.devnet
  const { id } = await bench.request({ bytes: GARBAGE })
  await bench.untilWhy('DEAD_LETTER', id)
  await Promise.all([node.sender.stop(), ...node.workers.map(worker => worker.stop())])
  const answers = Array.from({ length: 501 }, (_, i) => `01${(1_000 + i).toString(16).padStart(62, '0')}`)
  for (const answer of answers) await bench.broker.jetstream.publish(`kms.response.public-decryption.${answer}`, '{}')
  await bench.rpc('evm_setIntervalMining', 0)
  await bench.rpc('anvil_impersonateAccount', node.wallet.address)
  await bench.rpc('eth_sendTransaction', { from: node.wallet.address, to: NOBODY, value: '0x1', gas: '0x5208' })
  await bench.rpc('anvil_setBalance', node.wallet.address, '0x1')
  await expectFound(
    {},
    ['pipeline.dead_letters', 'warn', /1 wait for a decision/],
    ['nats.workers', 'fail', /no worker reads it/],
    ['pipeline.sender', 'fail', /nobody holds the lease/],
    ['pipeline.checkpoint', 'warn', /50\d answers are not settled/],
    ['wallet.balance', 'fail', /not enough for one answer/],
    ['wallet.nonce', 'fail', /wait at the node and are not ours/],
  )
})

test('status says what is due, and a bundle holds everything but secrets', async t => {
  const { out, code } = await bench.run('status')
  assert.equal(code, 2)
  assert.match(out, /next page +now: /)
  const plain = await bench.run('top', '--count', '2', '--interval', '100ms')
  assert.match(plain.out, /^(.*lease: NOBODY.*\n){2}$/)
  assert.equal((await bench.broker.manager.streams.info(DEAD_LETTERS)).state.messages, 1)
  const { checkBundle } = await import('./bundleContents.ts')
  await checkBundle(t, bench)
})

test('every check was seen to find something', async () => {
  const { checks } = await bench.doctor()
  assert.deepEqual(
    [...checks.keys()].filter(id => !seen.has(id)),
    [],
  )
})
