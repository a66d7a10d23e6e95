import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hexOf, type Request, type RequestId } from '@kms-connector/protocol'
import { encodeFunctionData } from 'viem'
import { ChainSender, devKey, readArtifact } from '../../apps/devnet/src/chain/index.ts'
import { idOf, logOf, openBench, TABLE, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

/** A key operation as the listener would publish it. */
function keyRequest(operation: string, id: RequestId, payload: unknown): Request {
  const zero = hexOf(Buffer.alloc(32))
  const origin = {
    chainId: 54_321,
    blockNumber: 1,
    blockHash: zero,
    transactionHash: zero,
    logIndex: 0,
    blockTimestamp: 1,
  }
  return { operation: TABLE.named(operation), id, origin, payload }
}

const crs = (serial: number) => keyRequest('crsgen', idOf(5, serial), { maxBitLength: 2048n, paramsType: 1 })

test('key operations go one at a time and never hold a decryption', async t => {
  const submitted: RequestId[] = []
  const onCompute = (id: RequestId) => {
    if (id.startsWith('05')) submitted.push(id)
    return id === crs(1).id ? ('never-answer' as const) : undefined
  }
  const bench = await openBench(t, world, { longPollMs: 500, faults: { onCompute } })
  await bench.worker({ KEY_MANAGEMENT_IN_FLIGHT: '1', GRPC_POLL_BUDGET: '4s' })
  await bench.publish(crs(1))
  await until('it is submitted', async () => submitted.length === 1)
  await bench.publish(crs(2))
  const decryption = await world.publicRequest([await world.ciphertext()])
  await bench.publish(decryption)
  await bench.answered(decryption)
  assert.deepEqual(submitted, [crs(1).id])
  await bench.answered(crs(2))
  assert.equal(await bench.response('crsgen', crs(1).id), undefined)
})

test('operations without an answer on chain end with the acceptance of the Core', async t => {
  const bench = await openBench(t, world)
  await bench.worker()
  const init = keyRequest('prss-init', TABLE.named('prss-init').fromEvent({}).id, {})
  await bench.publish(init)
  assert.deepEqual((await bench.answered(init)).answer, {})
})

test('a key is generated only after its preprocessing has reached consensus on chain', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker()
  const owner = new ChainSender({ rpcUrl: world.rpcUrl, privateKey: devKey(0) })
  const generation = readArtifact('KMSGeneration').abi
  const order = encodeFunctionData({ abi: generation, functionName: 'keygen', args: [1] })
  await owner.send({ to: world.gateway.kmsGeneration, data: order })
  const prep = keyRequest('prep-keygen', idOf(3, 1), { epochId: 0n, paramsType: 1 })
  const key = keyRequest('keygen', idOf(4, 1), { prepKeygenId: BigInt(`0x${prep.id}`) })
  await bench.publish(key)
  await until('it waits', async () => (await logOf(worker)).includes('PREREQUISITE_PENDING'))
  await bench.publish(prep)
  const { answer } = await bench.answered(prep)
  const call = prep.operation.call(prep.id, answer)
  const wallet = new ChainSender({ rpcUrl: world.rpcUrl, privateKey: devKey(10) })
  const data = encodeFunctionData({ abi: [call.function], args: call.args })
  await wallet.send({ to: world.gateway.kmsGeneration, data })
  assert.ok((await bench.answered(key)).answer)
})

test('a key operation that fails is tried again, however often', async t => {
  let refusals = 3
  const bench = await openBench(t, world, { faults: { onSubmit: () => (refusals-- > 0 ? 8 : undefined) } })
  await bench.worker({ MAX_DECRYPTION_ATTEMPTS: '1', MAX_DECRYPTION_AGE: '1ms' })
  await bench.publish(crs(7))
  await bench.answered(crs(7))
  assert.deepEqual(await bench.letters(), [])
})
