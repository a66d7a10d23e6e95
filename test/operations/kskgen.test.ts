import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPERATIONS_V0_11, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { OUTCOMES, RESPONSES } from '@kms-connector/streams'
import { encodeFunctionData } from 'viem'
import { ChainSender } from '../../apps/devnet/src/chain/index.ts'
import { type RunningCore, startCore } from '../../apps/devnet/src/core/index.ts'
import { until } from '../kms-worker/workerBench.ts'
import { startWorld, type World } from '../kms-worker/world.ts'
import { compileContract } from './compileContract.ts'
import { KeyNode, WALLET_KEY } from './keyNode.ts'
import { type KskCore, startKskCore } from './kskCore.ts'
import { kskgen } from './kskgen.ts'

/** The one row: everything below runs the services as they are. */
const OPERATIONS = [...OPERATIONS_V0_11, kskgen]
const KEY = 4n << 248n
const KSK = 7n << 248n

let world: World
let keyCore: RunningCore
let core: KskCore
let node: KeyNode

before(async () => {
  const contract = compileContract('KskGeneration')
  world = await startWorld()
  keyCore = await startCore(world.coreOptions)
  core = await startKskCore(keyCore.url, world.coreOptions.signingKey)
  node = await KeyNode.open(world, { coreUrl: core.url, operations: OPERATIONS, contract })
})
after(async () => {
  await node?.stop()
  await core?.stop()
  await keyCore?.stop()
  await world?.stop()
})

async function generateKey(times: number): Promise<void> {
  await node.order('keygen', [1])
  await node.emitted('ActivateKey', times)
}

async function eventsOf(kskId: bigint): Promise<string[]> {
  return (await node.events()).filter(({ args }) => args['kskId'] === kskId).map(({ eventName }) => eventName)
}

test('an eighth operation is served from its event to its consensus by nothing but its row', async () => {
  const { worker, sender } = await node.startAll()
  await generateKey(1)
  const [sourceKeyId, destKeyId] = [KEY + 1n, KEY + 2n]
  const id = requestIdOf(KSK + 1n)

  await node.order('kskgen', [sourceKeyId, destKeyId])
  const request = await until('the request on its stream', () => node.request('kskgen', id))
  assert.deepEqual(request.payload, { sourceKeyId, destKeyId })
  assert.equal(await node.count('KSKGEN'), 1)
  const pending = { operation: 'kskgen', settlement: 'nak', code: 'PREREQUISITE_PENDING' }
  await until(
    'it waits for the second key',
    async () => (await worker.counted('kms_connector_worker_requests_settled_total', pending)) > 0,
  )
  assert.deepEqual(core.asked, [])

  await generateKey(2)
  const [activated] = await node.emitted('ActivateKsk')
  const outcome = await node.outcome('kskgen', id)
  assert.equal(outcome.status, 'confirmed')
  assert.equal(outcome.transactionHash, activated?.transactionHash)
  const response = await node.response('kskgen', id)
  assert.partialDeepStrictEqual(activated?.args, { kskId: KSK + 1n, keyDigests: digestsOf(response?.answer) })
  assert.deepEqual(await eventsOf(KSK + 1n), ['KskgenRequest', 'KskgenResponse', 'ActivateKsk'])
  assert.deepEqual(core.asked, [id])
  // Two keys with their preprocessing, and the key-switching key between them.
  assert.deepEqual([await node.count(RESPONSES), await node.count(OUTCOMES)], [5, 5])
  assert.deepEqual(await node.letters(), [])
  assert.equal(await sender.stop(), 0)
})

test('the errors that it brings along tell the sender that the chain has its answer already', async () => {
  const id = requestIdOf(KSK + 2n)
  await node.order('kskgen', [KEY + 2n, KEY + 1n])
  await until('the answer', () => node.response('kskgen', id))
  await sendByHand(id)
  const nonce = await node.nonce()

  await node.start('sender')
  assert.equal((await node.outcome('kskgen', id)).status, 'already-answered')
  assert.deepEqual(await eventsOf(KSK + 2n), ['KskgenRequest', 'KskgenResponse', 'ActivateKsk'])
  assert.equal(await node.nonce(), nonce)
})

test('a request between ids that are no keys is no request', async () => {
  await node.order('kskgen', [KSK + 1n, KEY + 1n])
  const letter = await until('a dead letter', async () => (await node.letters())[0])
  assert.deepEqual([letter.operation, letter.code], ['kskgen', 'REQUEST_ID_INVALID'])
  assert.equal(await node.count('KSKGEN'), 2)
})

function digestsOf(answer: unknown): unknown {
  return (answer as { readonly keyDigests: unknown }).keyDigests // CAST: the schema of the operation parsed it
}

/** What a sender does that crashed right after it sent: the answer is on chain, and nobody wrote that down. */
async function sendByHand(id: RequestId): Promise<void> {
  const response = await node.response('kskgen', id)
  const call = kskgen.call(id, response?.answer)
  const data = encodeFunctionData({ abi: [call.function], functionName: call.function.name, args: call.args })
  await new ChainSender({ rpcUrl: world.rpcUrl, privateKey: WALLET_KEY }).send({ to: node.contract, data })
}
