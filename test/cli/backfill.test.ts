import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from '../gw-listener/listenerBench.ts'
import { prepare, requestPublic, requestUser } from '../gw-listener/requests.ts'
import { runCli } from './runCli.ts'

let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway(1, 1)
  await prepare(gateway)
})
after(() => gateway?.stop())

test('what the streams lack is told by --dry-run, published without it, and nothing is published twice', async t => {
  const history = [await requestPublic(gateway, '0x00aa'), await requestUser(gateway), await requestPublic(gateway)]
  const bench = await openBench(t, gateway)
  const listener = await bench.listener()
  const { id: live, blockNumber: end } = await requestPublic(gateway)
  await until('the live one is published', () => bench.request('public-decryption', live))
  await listener.stop()
  const env = {
    KMS_CONNECTOR_NATS_URL: bench.nats.url,
    KMS_CONNECTOR_GATEWAY_URL: gateway.rpcUrl,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: '54321',
    KMS_CONNECTOR_DECRYPTION_CONTRACT__ADDRESS: gateway.gateway.decryption,
    KMS_CONNECTOR_KMS_GENERATION_CONTRACT__ADDRESS: gateway.gateway.kmsGeneration,
    KMS_CONNECTOR_GET_LOGS_BATCH_SIZE: '2',
  }
  const run = (...argv: readonly string[]) => runCli(['backfill', '--from', '0', '--to', String(end), ...argv], env)
  const plan = await run('--dry-run')
  assert.equal(plan.code, 2, plan.err)
  for (const { id } of history) assert.match(plan.out, new RegExp(`missing +\\S+ ${id}`))
  assert.doesNotMatch(plan.out, new RegExp(live))
  assert.match(plan.out, /3 missing, 1 there already, 0 conflicts, 0 undecodable/)
  assert.equal(await bench.count('public-decryption'), 1)

  const some = await run('--operation', 'user-decryption', '--json')
  assert.equal(some.code, 0, some.err)
  assert.partialDeepStrictEqual(JSON.parse(some.out), { missing: 1, there: 0, requests: [{ id: history[1]?.id }] })
  assert.deepEqual([await bench.count('public-decryption'), await bench.count('user-decryption')], [1, 1])

  const rest = await run('--rate', '1000')
  assert.equal(rest.code, 0, rest.err)
  assert.match(rest.out, /2 published, 2 there already/)
  assert.ok(await bench.request('public-decryption', history[0]?.id ?? ''))
  const again = await run('--dry-run')
  assert.equal(again.code, 0, again.err)
  assert.match(again.out, /0 missing, 4 there already/)
})

test('ranges, operations and settings that cannot work are refused with the reason', async () => {
  const env = { KMS_CONNECTOR_NATS_URL: 'nats://127.0.0.1:1' }
  const cases = [
    [['--to', '5'], /--from is missing/],
    [['--from', 'x', '--to', '5'], /--from "x" is no whole number/],
    [['--from', '6', '--to', '5'], /--to 5 is below --from 6/],
    [['--from', '1', '--to', '5', '--rate', '0'], /--rate "0" is no whole number from 1/],
    [['--from', '1', '--to', '5', '--operation', 'keygn'], /"keygn" is none of .*keygen/],
    [['--from', '1', '--to', '5'], /SETTINGS_INVALID: gateway_chain_id is missing/],
  ] as const
  for (const [argv, message] of cases) {
    const { code, err } = await runCli(['backfill', ...argv], env)
    assert.equal(code, 1)
    assert.match(err, message)
  }
  const high = {
    ...env,
    KMS_CONNECTOR_GATEWAY_URL: gateway.rpcUrl,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: '1',
    KMS_CONNECTOR_DECRYPTION_CONTRACT__ADDRESS: gateway.gateway.decryption,
    KMS_CONNECTOR_KMS_GENERATION_CONTRACT__ADDRESS: gateway.gateway.kmsGeneration,
  }
  const wrongChain = await runCli(['backfill', '--from', '1', '--to', '5'], high)
  assert.match(wrongChain.err, /CHAIN_ID_MISMATCH: .* serves chain 54321, the settings say 1/)
})
