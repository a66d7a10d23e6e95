import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, nextBlock, openBench, until } from './listenerBench.ts'
import { metricOf } from './pages.ts'
import { prepare, requestPublic, requestUser } from './requests.ts'

let gateway: TestGateway
let proxy: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  proxy = await startRpcProxy({ target: gateway.rpcUrl })
})
after(async () => {
  await proxy?.stop()
  await gateway?.stop()
})

async function chain(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(gateway.rpcUrl, { method: 'POST', headers, body })
  const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown } // CAST: anvil's
  if (error) throw new Error(JSON.stringify(error))
  return result
}

const mine = (blocks: number) => chain('anvil_mine', `0x${blocks.toString(16)}`)
/** Takes the last blocks back and puts as many empty ones in their place. */
const reorganise = (depth: number) => chain('anvil_reorg', depth, [])
const REORGS = 'kms_connector_listener_reorgs_total'
const VANISHED = 'kms_connector_listener_requests_vanished_total'
/** Only the hashes of blocks may show it. */
const ALONE = { OVERLAP_INTERVAL: '1h', OVERLAP_BLOCKS: '0' }

async function expectPublished(bench: Bench, operation: string, id: string) {
  return until(`${operation} ${id} is published`, () => bench.request(operation, id))
}

test('blocks of another branch are read from where it began; a request that vanished stays and is named', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener(ALONE)
  const { id: kept } = await requestUser(gateway)
  await mine(2)
  const { id: lost, blockNumber } = await requestPublic(gateway, '0x00aa')
  await mine(3)
  await expectPublished(bench, 'user-decryption', kept)
  const before = await expectPublished(bench, 'public-decryption', lost)
  const end = (await nextBlock(gateway)) - 1
  await until('all of it was read', async () => {
    const cursor = await metricOf(listener, 'kms_connector_listener_cursor_block_number', 'group="decryption"')
    return cursor === end
  })
  await reorganise(end - Number(blockNumber) + 1)
  await until('it is noticed, without a new block', async () => ((await metricOf(listener, REORGS)) ?? 0) >= 1)
  await mine(2)
  await until('the request is named', async () => (await metricOf(listener, VANISHED, 'public-decryption')) === 1)
  assert.match(await logOf(listener), new RegExp(`${lost}.*is not on the chain any more`))
  assert.deepEqual(await bench.request('public-decryption', lost), before)
  // Ids are plain counters: the same one is given out again, for something else.
  const { id: again, transactionHash } = await requestPublic(gateway, '0x00bb')
  assert.equal(again, lost)
  await until('it is a conflict', async () => (await bench.letters()).some(({ code }) => code === 'REQUEST_CONFLICT'))
  const [letter] = await bench.letters()
  assert.ok(
    Buffer.from(letter?.body ?? [])
      .toString()
      .includes(transactionHash),
  )
  assert.partialDeepStrictEqual(await bench.request('public-decryption', lost), { payload: { extraData: '0x00aa' } })
  assert.equal(await metricOf(listener, VANISHED, 'user-decryption'), undefined)
})

test('what only the new branch has is published, also when it appeared while no listener ran', async t => {
  const bench = await openBench(t, gateway)
  const first = await bench.listener(ALONE)
  await mine(4)
  const end = (await nextBlock(gateway)) - 1
  await until('all of it was read', async () => {
    return (await metricOf(first, 'kms_connector_listener_cursor_block_number', 'group="decryption"')) === end
  })
  await first.stop()
  await reorganise(3)
  // In the place of blocks that were read already.
  await chain('anvil_rollback', 2)
  const { id } = await requestPublic(gateway)
  await mine(3)
  const second = await bench.listener(ALONE)
  await expectPublished(bench, 'public-decryption', id)
  assert.ok(((await metricOf(second, REORGS)) ?? 0) >= 1)
})

test('a replaced block that another endpoint still has is a contradiction and moves nothing', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({
    ...ALONE,
    GATEWAY_URL: `${proxy.url},${gateway.rpcUrl}`,
    RPC_PROBE_INTERVAL: '200ms',
  })
  await mine(2)
  const end = (await nextBlock(gateway)) - 1
  await until('all of it was read', async () => {
    return (await metricOf(listener, 'kms_connector_listener_cursor_block_number', 'group="decryption"')) === end
  })
  const other = `0x${'77'.repeat(32)}`
  proxy.rules.add({
    method: 'eth_getBlockByNumber',
    action: {
      kind: 'edit',
      // CAST: a header, or null for a block that is not there
      edit: result => (result ? { ...(result as object), hash: other } : result),
    },
  })
  const disagreed = () => metricOf(listener, 'kms_connector_rpc_disagreements_total', proxy.url)
  await until('the endpoint is named', async () => ((await disagreed()) ?? 0) >= 1)
  const { id } = await requestPublic(gateway)
  await expectPublished(bench, 'public-decryption', id)
  assert.equal((await metricOf(listener, REORGS)) ?? 0, 0)
  proxy.rules.clear()
})

test('a range whose parent is not the block that was read is not taken, and what came between is read', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: proxy.url })
  await mine(2)
  const end = (await nextBlock(gateway)) - 1
  await until('all of it was read', async () => {
    return (await metricOf(listener, 'kms_connector_listener_cursor_block_number', 'group="decryption"')) === end
  })
  // Behind one address: a node that is on the new branch, and one that still has the last block of the old one.
  const stale = await chain('eth_getBlockByNumber', `0x${end.toString(16)}`, false)
  const rule = proxy.rules.add({
    method: 'eth_getBlockByNumber',
    action: ({ params }) => (Number(params[0]) === end ? { kind: 'result', result: stale } : undefined),
  })
  await chain('anvil_rollback', 1)
  const { id, blockNumber } = await requestPublic(gateway)
  assert.equal(Number(blockNumber), end)
  await mine(2)
  const disagreed = () => metricOf(listener, 'kms_connector_rpc_disagreements_total', proxy.url)
  await until('the contradiction is named', async () => ((await disagreed()) ?? 0) >= 1)
  assert.equal(await bench.request('public-decryption', id), undefined)
  rule.remove()
  await expectPublished(bench, 'public-decryption', id)
})
