import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RpcPool } from '@kms-connector/gateway'
import { createMetrics } from '@kms-connector/service-kit'
import { startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { listenerMetrics } from '../../apps/gw-listener/src/metrics.ts'
import { MAX_LOGS_HELD, RangeReader } from '../../apps/gw-listener/src/rangeReader.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from './listenerBench.ts'
import { metricOf } from './pages.ts'
import { prepare, requestPublic, requestUser } from './requests.ts'
import { stretchedChain } from './stretchedChain.ts'

const STRIDE = 1_000
const BATCH = 2_000
let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

test('100,000 blocks of downtime are caught up, range by range, and every request in them is published once', async t => {
  const ids = { 'public-decryption': new Set<string>(), 'user-decryption': new Set<string>() }
  let head = 0
  while (head * STRIDE < 100_000) {
    const { id, blockNumber } = await requestPublic(gateway)
    ids['public-decryption'].add(id)
    if (blockNumber % 4n === 0n) ids['user-decryption'].add((await requestUser(gateway)).id)
    head = Number(blockNumber)
  }
  const chain = stretchedChain(STRIDE)
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl, layers: [chain.layer] })
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({
    GATEWAY_URL: proxy.url,
    DECRYPTION_FROM_BLOCK_NUMBER: '0',
    KMS_OPERATION_FROM_BLOCK_NUMBER: 'latest',
    GET_LOGS_BATCH_SIZE: String(BATCH),
    OVERLAP_INTERVAL: '1h',
  })
  for (const [operation, expected] of Object.entries(ids)) {
    await until(`all of ${operation}`, async () => (await bench.count(operation)) >= expected.size)
    for (const id of expected) assert.ok(await bench.request(operation, id), `${operation} ${id}`)
    assert.equal(await bench.count(operation), expected.size)
  }
  const lag = () => metricOf(listener, 'kms_connector_listener_cursor_lag_blocks', 'group="decryption"')
  await until('nothing is left to read', async () => (await lag()) === 0)
  // One range at a time is held, and no range is larger than the operator allows.
  assert.ok(chain.most.blocks <= BATCH, `${chain.most.blocks} blocks at once`)
  assert.ok(chain.most.logs <= 2 * (BATCH / STRIDE) + 2, `${chain.most.logs} logs at once`)
})

test('an endpoint of which every seventh header fails is read all the same, in smaller ranges', async t => {
  const { id, blockNumber } = await requestPublic(gateway)
  let headers = 0
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  proxy.rules.add({
    method: 'eth_getBlockByNumber',
    action: () => (++headers % 7 === 0 ? { kind: 'drop-reply' } : undefined),
  })
  const bench = await openBench(t, gateway)
  // So few blocks are read with the header of each.
  const from = String(Number(blockNumber) - 12)
  const start = { DECRYPTION_FROM_BLOCK_NUMBER: from, KMS_OPERATION_FROM_BLOCK_NUMBER: 'latest' }
  await bench.listener({ GATEWAY_URL: proxy.url, OVERLAP_INTERVAL: '1h', ...start })
  await until('the newest request is published', () => bench.request('public-decryption', id), 30_000)
})

test('a range with more logs than may be held is not taken; a single block is', async () => {
  const log = (block: string, index: number) => ({
    address: gateway.gateway.decryption,
    topics: [`0x${'11'.repeat(32)}`],
    data: '0x',
    blockNumber: block,
    blockHash: `0x${'22'.repeat(32)}`,
    transactionHash: `0x${'33'.repeat(32)}`,
    logIndex: `0x${index.toString(16)}`,
  })
  await using proxy = await startRpcProxy({ target: gateway.rpcUrl })
  proxy.rules.add({
    method: 'eth_getLogs',
    action: {
      kind: 'script',
      answer: (_, { params }) => {
        const [{ fromBlock }] = params as [{ fromBlock: string }] // CAST: our own client sent it
        return { result: Array.from({ length: MAX_LOGS_HELD + 1 }, (_each, index) => log(fromBlock, index)) }
      },
    },
  })
  const pool = new RpcPool({ urls: [proxy.url], chainId: GATEWAY_CHAIN, timeoutMs: 10_000, limits: { maxLag: 1 } })
  await pool.probe()
  const metrics = listenerMetrics(createMetrics({ name: 'test', version: '0', build: '0' }))
  const filter = { group: 'test', addresses: [gateway.gateway.decryption], topics: [], maxRange: 8, quorum: 1 }
  const reader = new RangeReader(pool, filter, metrics)
  const rpc = pool.pin()
  assert.equal(await reader.again(rpc, { from: 1, to: 8 }), undefined)
  assert.equal(reader.sizeAt(rpc).current, 4)
  assert.equal((await reader.again(rpc, { from: 1, to: 1 }))?.length, MAX_LOGS_HELD + 1)
})
