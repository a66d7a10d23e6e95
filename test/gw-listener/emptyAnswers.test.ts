import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EMPTY_LOGS, type RpcProxy, startRpcProxy } from '../../apps/devnet/src/faults/index.ts'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from './listenerBench.ts'
import { metricOf } from './pages.ts'
import { prepare, requestPublic } from './requests.ts'

let gateway: TestGateway
let liar: RpcProxy

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
  liar = await startRpcProxy({ target: gateway.rpcUrl })
})
after(async () => {
  await liar?.stop()
  await gateway?.stop()
})

/** Neither the overlap nor a hole in the ids may help. */
const ALONE = { OVERLAP_INTERVAL: '1h', OVERLAP_BLOCKS: '0', RPC_PROBE_INTERVAL: '200ms' }
const DISAGREEMENTS = 'kms_connector_rpc_disagreements_total'
const OPINIONS = 'kms_connector_listener_second_opinions_total'

test('an empty answer that the bloom filter contradicts is asked for at another endpoint, at once', async t => {
  const bench = await openBench(t, gateway)
  liar.rules.clear()
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: `${liar.url},${gateway.rpcUrl}` })
  liar.rules.add({ method: 'eth_getLogs', action: EMPTY_LOGS })
  // Now and then the honest one happens to be the one in use.
  await until('the liar was in use', async () => {
    const { id } = await requestPublic(gateway)
    await until('it is published', () => bench.request('public-decryption', id))
    return ((await metricOf(listener, DISAGREEMENTS, liar.url)) ?? 0) >= 1
  })
  assert.ok(((await metricOf(listener, OPINIONS, 'contradicted')) ?? 0) >= 1)
})

test('the only endpoint is asked once more', async t => {
  const bench = await openBench(t, gateway)
  liar.rules.clear()
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: liar.url })
  let lies = 0
  liar.rules.add({
    method: 'eth_getLogs',
    action: ({ params }) => {
      const [{ toBlock, address }] = params as [{ toBlock: string; address: readonly string[] }] // CAST: our own client
      const isOurs = Number(toBlock) === block && address.includes(gateway.gateway.decryption.toLowerCase())
      return isOurs && lies++ === 0 ? EMPTY_LOGS : undefined
    },
  })
  const block = Number(await gateway.node(0).wallet.client.getBlockNumber()) + 1
  const { id } = await requestPublic(gateway)
  await until('it is published', () => bench.request('public-decryption', id))
  assert.ok(lies > 0, 'it has lied')
  assert.ok(((await metricOf(listener, OPINIONS)) ?? 0) >= 1)
})

test('blocks without requests of ours are not asked for twice', async t => {
  const bench = await openBench(t, gateway)
  liar.rules.clear()
  const listener = await bench.listener({ ...ALONE, GATEWAY_URL: `${liar.url},${gateway.rpcUrl}` })
  for (let i = 0; i < 10; i++) await gateway.node(0).wallet.send({ to: gateway.coprocessor, data: '0x' })
  const { id } = await requestPublic(gateway)
  await until('it is published', () => bench.request('public-decryption', id))
  assert.equal((await metricOf(listener, OPINIONS)) ?? 0, 0)
  assert.equal((await metricOf(listener, DISAGREEMENTS)) ?? 0, 0)
})
