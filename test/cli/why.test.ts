import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RESPONSES } from '@kms-connector/streams'
import { laggingNode, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { requestWithHashLikeAnId } from './hashLikeAnId.ts'
import { GARBAGE, type WhyAnswer, WhyBench } from './whyBench.ts'

// Ten causes for which a request is not answered, each prepared on one devnet, in an order in which one does not hide another.
let bench: WhyBench
const DEAD_PORT = 'http://127.0.0.1:1'

before(async () => {
  bench = await WhyBench.start()
})
after(() => bench?.stop())

function expectStuck(answer: WhyAnswer, what: RegExp, fix: RegExp): void {
  assert.match(answer.what, what)
  assert.match(answer.fix, fix)
  assert.equal(answer.status, 'stuck')
  assert.equal(answer.exit, 2)
  assert.deepEqual(answer.gaps, [])
}

test('a request that is answered says so, asked by hex, by decimal and by transaction', async () => {
  const { id, transactionHash } = await bench.request()
  const answer = await bench.untilWhy('ANSWERED', id)
  assert.deepEqual([answer.status, answer.exit, answer.gaps], ['done', 0, []])
  assert.match(answer.what, /our answer is on chain in 0x[0-9a-f]{64}, block \d+/)
  for (const asked of [`0x${id}`, BigInt(`0x${id}`).toString(), transactionHash])
    assert.equal((await bench.why(asked)).code, 'ANSWERED', asked)
})

test('a transaction whose hash begins like an id is not taken for one', async () => {
  const hash = await requestWithHashLikeAnId(bench.devnet, await bench.prepare())
  const answer = await bench.untilWhy('ANSWERED', hash)
  assert.match(answer.what, /our answer is on chain/)
})

test('an id that no counter reaches is looked for as an id when no transaction has it as its hash', async () => {
  const answer = await bench.why(`0x01${'ab'.repeat(31)}`)
  assert.deepEqual([answer.code, answer.status], ['NOT_ON_CHAIN', 'unknown'])
})

test('its trace runs from the log on chain to the consensus, and ends with the verdict', async () => {
  const { id, transactionHash } = await bench.request()
  const watched = await bench.run('trace', id, '--watch')
  assert.equal(watched.code, 0)
  assert.match(watched.out, /done: ANSWERED/)
  const { code, out } = await bench.run('trace', transactionHash)
  assert.equal(code, 0)
  const story = [
    'public-decryption was asked for in block',
    'published as \\d+ of PUBLIC_DECRYPTION',
    'the KMS Core answered',
    'sent with nonce',
    'settled: confirmed',
    'done: ANSWERED',
  ]
  assert.match(out, new RegExp(story.join('[\\s\\S]*')))
  assert.match(out, /consensus: the contract published the result, block \d+\n {4}transaction 0x/)
  const json = JSON.parse((await bench.run('trace', id, '--json')).out)
  assert.equal(json.verdict.code, 'ANSWERED')
  assert.ok(json.timeline.length >= 7)
})

test('the ACL of the host chain denies', async () => {
  const { id } = await bench.request({ allowed: false })
  expectStuck(
    await bench.untilWhy('ACL_DENIED', id),
    /is not allowed for public decryption on host chain/,
    /host chain may lag/,
  )
})

test('a host chain whose preferred endpoint is down is asked elsewhere, as a worker does', async () => {
  const { host } = bench.devnet.chains
  const [chain] = JSON.parse(bench.settings()['KMS_CONNECTOR_HOST_CHAINS'] ?? '[]')
  const hosts = (...url: string[]) => ({ HOST_CHAINS: JSON.stringify([{ ...chain, url }]) })
  const { id } = await bench.request({ allowed: false })
  const answer = await bench.untilWhy('ACL_DENIED', id, hosts(DEAD_PORT, host.rpcUrl))
  assert.deepEqual([answer.status, answer.gaps], ['stuck', []])
  const blind = await bench.why(id, hosts(DEAD_PORT))
  assert.equal(blind.code, 'RPC_UNAVAILABLE')
  assert.match(blind.gaps.join(), /access: RPC_UNAVAILABLE/)
})

test('what is known to be wrong comes before an endpoint that could not be asked', async () => {
  const [chain] = JSON.parse(bench.settings()['KMS_CONNECTOR_HOST_CHAINS'] ?? '[]')
  const { id } = await bench.request({ stored: false })
  const answer = await bench.untilWhy('CIPHERTEXT_MISSING', id, {
    HOST_CHAINS: JSON.stringify([{ ...chain, url: DEAD_PORT }]),
  })
  assert.match(answer.gaps.join(), /access: RPC_UNAVAILABLE/)
})

test('no bucket holds the ciphertext', async () => {
  const { id } = await bench.request({ stored: false })
  const answer = await bench.untilWhy('CIPHERTEXT_MISSING', id)
  expectStuck(
    answer,
    /no registered bucket serves [0-9a-f]{64}: HTTP 404 from http.*, HTTP 404/,
    /buckets of the coprocessors/,
  )
})

test('it was given up and is a dead letter', async () => {
  const { id } = await bench.request({ bytes: GARBAGE })
  const answer = await bench.untilWhy('DEAD_LETTER', id)
  expectStuck(answer, /kms-worker gave it up: CORE_FAILED/, new RegExp(`kms-connector dlq replay ${id}$`))
})

test('the wallet is empty', async () => {
  const { address } = bench.devnet.node.wallet
  await bench.rpc('anvil_setBalance', address, '0x1')
  const { id } = await bench.request()
  const answer = await bench.untilWhy('WALLET_EMPTY', id)
  expectStuck(answer, new RegExp(`${address} holds 1 wei`), /Send native tokens/)
  const elsewhere = { GATEWAY_URL: `${DEAD_PORT},${bench.devnet.chains.gateway.rpcUrl}` }
  assert.equal((await bench.why(id, elsewhere)).code, 'WALLET_EMPTY', 'told by the second endpoint')
  await bench.rpc('anvil_setBalance', address, '0x8ac7230489e80000')
  await bench.untilWhy('ANSWERED', id)
})

test('the sender has the wrong wallet', async () => {
  await bench.devnet.node.sender.stop()
  const wrong = { PRIVATE_KEY: `0x${'5a'.repeat(32)}` }
  const sender = await bench.spawn('tx-sender', wrong)
  const { id } = await bench.request()
  const answer = await bench.untilWhy('WALLET_NOT_REGISTERED', id, wrong)
  expectStuck(answer, /is not registered in GatewayConfig/, /Register the wallet/)
  assert.equal((await sender.exited).code, 1)
})

test('no sender holds the lease', async () => {
  const { id } = await bench.request()
  const answer = await bench.untilWhy('NO_ACTIVE_SENDER', id)
  expectStuck(answer, /nobody holds the lease/, /Start a tx-sender/)
  await bench.devnet.node.sender.restart()
  await bench.untilWhy('ANSWERED', id)
})

test('the stream of answers is full', async () => {
  const { config, state } = await bench.broker.manager.streams.info(RESPONSES)
  await bench.broker.manager.streams.update(RESPONSES, { ...config, max_bytes: state.bytes + 100 })
  const { id } = await bench.request()
  expectStuck(
    await bench.untilWhy('STREAM_FULL', id),
    /stream RESPONSES is full \(\d+ of \d+ bytes\)/,
    /Raise its bytes/,
  )
  await bench.broker.manager.streams.update(RESPONSES, config)
  await bench.untilWhy('ANSWERED', id)
})

test('the block of the request is not final yet', async () => {
  await bench.devnet.node.listener.stop()
  const finality = { DECRYPTION_FINALITY: '1000000' }
  const listener = await bench.spawn('gw-listener', finality)
  const { id, blockNumber } = await bench.request()
  const answer = await bench.untilWhy('NOT_FINAL_YET', id, finality)
  assert.match(answer.what, new RegExp(`^block ${blockNumber} is not final yet: decryption_finality has reached`))
  assert.match(answer.fix, /^Wait until block/)
  assert.deepEqual([answer.status, answer.exit, answer.gaps], ['waiting', 0, []])
  await listener.kill('SIGKILL')
})

test('the endpoint lags behind the chain', async () => {
  await bench.mine(80)
  await using proxy = await startRpcProxy({
    target: bench.devnet.chains.gateway.rpcUrl,
    layers: [laggingNode(60).layer],
  })
  const listener = await bench.spawn('gw-listener', { GATEWAY_URL: proxy.url })
  const { id } = await bench.request()
  const both = { GATEWAY_URL: `${proxy.url},${bench.devnet.chains.gateway.rpcUrl}` }
  const answer = await bench.untilWhy('RPC_LAGGING', id, both)
  expectStuck(answer, /lags: [56]\d blocks behind another endpoint/, /put another one first in gateway_url/)
  await listener.kill('SIGKILL')
})

test('the KMS Core is down', async () => {
  await bench.devnet.node.listener.restart()
  await bench.devnet.node.core.process?.kill('SIGKILL')
  const { id } = await bench.request()
  const answer = await bench.untilWhy('CORE_UNAVAILABLE', id)
  expectStuck(answer, /KMS Core http.* does not serve/, /Check the KMS Core/)
})

test('the broker is down: the verdict says so instead of guessing', async () => {
  const { id } = await bench.request()
  const answer = await bench.why(id, { NATS_URL: 'nats://127.0.0.1:1' })
  assert.equal(answer.code, 'BROKER_UNAVAILABLE')
  assert.match(answer.what, /NATS: .*no connection to nats:\/\/127\.0\.0\.1:1/)
})
