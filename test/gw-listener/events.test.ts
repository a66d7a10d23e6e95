import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Request } from '@kms-connector/protocol'
import {
  bucketStream,
  CURSOR_BUCKET,
  KeyValue,
  readCursor,
  resetCursor,
  subjectsMatching,
} from '@kms-connector/streams'
import { keccak256, type TransactionReceipt } from 'viem'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import { call, KEY_ID, signAnswer, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { type Bench, logOf, nextBlock, openBench, until } from './listenerBench.ts'
import { HANDLE, prepare, requestPublic, requestUser, USER_ADDRESS } from './requests.ts'
import { startRpcProxy } from './rpcProxy.ts'

let gateway: TestGateway
let owner: ChainSender

before(async () => {
  gateway = await startTestGateway(1, 1)
  owner = new ChainSender({ rpcUrl: gateway.rpcUrl, privateKey: devKey(0) })
  await prepare(gateway)
})
after(() => gateway?.stop())

const [PREP, KEY, CRS, RESHARE] = [3n << 248n, 4n << 248n, 5n << 248n, 6n << 248n]
const hex64 = (value: bigint) => value.toString(16).padStart(64, '0')
const order = (functionName: string, args: readonly unknown[]) =>
  call(gateway, owner, 'KMSGeneration', functionName, args)

/** What a request on its stream must say of the transaction it came with. */
function originOf({ blockNumber, blockHash, transactionHash }: TransactionReceipt) {
  return { chainId: 54321, blockNumber: Number(blockNumber), blockHash, transactionHash }
}

async function stored(bench: Bench, operation: string, id: string): Promise<Request> {
  return until(`${operation} ${id} on its stream`, () => bench.request(operation, id))
}

test('decryption requests are stored once, equal to their events', async t => {
  const bench = await openBench(t, gateway)
  await bench.listener()
  const material = {
    ctHandle: HANDLE,
    keyId: KEY_ID,
    snsCiphertextDigest: keccak256(HANDLE),
    coprocessorTxSenderAddresses: [gateway.coprocessor],
  }
  const user = { materials: [material], userAddress: USER_ADDRESS, publicKey: '0x1234', extraData: '0x00' }
  const cases = [
    ['public-decryption', await requestPublic(gateway, '0x00ff'), { materials: [material], extraData: '0x00ff' }],
    ['user-decryption', await requestUser(gateway), user],
    ['user-decryption', await requestUser(gateway, '0x00000000000000000000000000000000000000dd'), user],
  ] as const
  for (const [operation, { id, transactionHash }, payload] of cases) {
    const request = await stored(bench, operation, id)
    assert.deepEqual(request.payload, payload)
    assert.equal(request.id, id)
    const receipt = await gateway.node(0).wallet.client.getTransactionReceipt({ hash: transactionHash })
    assert.partialDeepStrictEqual(request.origin, originOf(receipt))
  }
  assert.deepEqual([await bench.count('public-decryption'), await bench.count('user-decryption')], [1, 2])
})

test('key management requests are stored once, equal to their events', async t => {
  const bench = await openBench(t, gateway)
  await bench.listener()
  const node = gateway.node(0)
  const answer = async (primaryType: Parameters<typeof signAnswer>[2], message: Record<string, unknown>) =>
    signAnswer(gateway, node.signer, primaryType, message)
  const [prepKeygenId, keyId, crsId] = [PREP + 1n, KEY + 1n, CRS + 1n]

  const asked = await order('keygen', [1])
  const prep = await stored(bench, 'prep-keygen', hex64(prepKeygenId))
  assert.partialDeepStrictEqual(prep, { payload: { epochId: 0n, paramsType: 1 }, origin: originOf(asked) })

  const prepSignature = await answer('PrepKeygenVerification', { prepKeygenId })
  await call(gateway, node.wallet, 'KMSGeneration', 'prepKeygenResponse', [prepKeygenId, prepSignature])
  assert.deepEqual((await stored(bench, 'keygen', hex64(keyId))).payload, { prepKeygenId })

  const keyDigests = [{ keyType: 0, digest: '0x11' }]
  const keySignature = await answer('KeygenVerification', { prepKeygenId, keyId, keyDigests })
  await call(gateway, node.wallet, 'KMSGeneration', 'keygenResponse', [keyId, keyDigests, keySignature])
  await order('keyReshareSameSet', [keyId])
  const reshare = await stored(bench, 'key-reshare', hex64(RESHARE + 1n))
  assert.deepEqual(reshare.payload, { prepKeygenId, keyId, paramsType: 1 })

  await order('crsgenRequest', [2048n, 0])
  const crs = await stored(bench, 'crsgen', hex64(crsId))
  assert.deepEqual(crs.payload, { maxBitLength: 2048n, paramsType: 0 })

  await order('prssInit', [])
  assert.deepEqual((await stored(bench, 'prss-init', hex64(1n))).payload, {})
  for (const operation of ['prep-keygen', 'keygen', 'key-reshare', 'crsgen', 'prss-init'])
    assert.equal(await bench.count(operation), 1, operation)
})

test('requests from before the start are caught up from the start block', async t => {
  const bench = await openBench(t, gateway)
  const first = await requestPublic(gateway)
  await requestUser(gateway)
  const second = await requestPublic(gateway)
  await bench.listener({ GET_LOGS_BATCH_SIZE: '1' })
  for (const { id } of [first, second]) await stored(bench, 'public-decryption', id)
  assert.equal(await bench.count('user-decryption'), 1)
})

test('a stopped listener goes on at its cursor, without a start block', async t => {
  const bench = await openBench(t, gateway)
  const first = await bench.listener()
  const { id: before } = await requestPublic(gateway)
  await stored(bench, 'public-decryption', before)
  assert.deepEqual(await first.stop(), { code: 0, signal: null })
  const { id: missed } = await requestPublic(gateway)
  await bench.listener({ DECRYPTION_FROM_BLOCK_NUMBER: undefined, KMS_OPERATION_FROM_BLOCK_NUMBER: undefined })
  await stored(bench, 'public-decryption', missed)
  assert.equal(await bench.count('public-decryption'), 2)
})

test('latest skips history, also for the overlap, and means the same block after a restart', async t => {
  const bench = await openBench(t, gateway)
  const proxy = await startRpcProxy(gateway.rpcUrl)
  t.after(() => proxy.stop())
  const { blockNumber: history } = await requestPublic(gateway)
  const latest = {
    GATEWAY_URL: proxy.url,
    DECRYPTION_FROM_BLOCK_NUMBER: 'latest',
    KMS_OPERATION_FROM_BLOCK_NUMBER: 'latest',
  }
  const first = await bench.listener(latest)
  // The bucket has other keys, too.
  const starts = () => subjectsMatching(bench.broker, bucketStream(CURSOR_BUCKET), `$KV.${CURSOR_BUCKET}.*.*.start`)
  await until('the start is written down', async () => (await starts()).length === 7)
  await first.kill('SIGKILL')
  const { id: missed } = await requestPublic(gateway)
  const second = await bench.listener(latest)
  await stored(bench, 'public-decryption', missed)
  await second.stop()
  await bench.listener(latest)
  const before = proxy.exchanges.length
  const logCalls = () =>
    proxy.exchanges
      .slice(before)
      .flat()
      .filter(call => call.method === 'eth_getLogs')
  // Nothing new happens on the chain: whatever is read is the overlap.
  await until('the overlap was read', async () => logCalls().length >= 4)
  for (const { params } of proxy.exchanges.flat().filter(call => call.method === 'eth_getLogs')) {
    const [{ fromBlock }] = params as [{ fromBlock: string }] // CAST: our own client sent it
    assert.ok(BigInt(fromBlock) > history, `reads from ${fromBlock}`)
  }
  assert.equal(await bench.count('public-decryption'), 1)
})

test('a cursor that an operator moves back is followed', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.listener()
  const { id: old, blockNumber } = await requestPublic(gateway)
  await stored(bench, 'public-decryption', old)
  await requestUser(gateway)
  const { id: newer } = await requestPublic(gateway)
  await stored(bench, 'public-decryption', newer)
  const block = Number(blockNumber) - 1
  await resetCursor(new KeyValue(bench.broker, CURSOR_BUCKET), '54321.public-decryption', { block })
  const { id: next } = await requestPublic(gateway)
  await stored(bench, 'public-decryption', next)
  await until('the listener goes back', async () =>
    (await logOf(listener)).includes('a cursor was moved back, by hand'),
  )
  await until('it comes forward again', async () => {
    const cursor = await readCursor(new KeyValue(bench.broker, CURSOR_BUCKET), '54321.public-decryption')
    return cursor !== undefined && cursor.block >= (await nextBlock(gateway)) - 1
  })
})

test('without a start block the listener refuses to guess and is not to be restarted', async t => {
  const bench = await openBench(t, gateway)
  const listener = await bench.spawn({ DECRYPTION_FROM_BLOCK_NUMBER: undefined })
  assert.deepEqual(await listener.exited, { code: 1, signal: null })
  await assert.rejects(listener.ready(), /START_BLOCK_REQUIRED.*user-decryption/s)
})

const refusals = [
  ['another chain', { GATEWAY_CHAIN_ID: '1' }, /CHAIN_ID_MISMATCH/],
  ['no contract', { DECRYPTION_CONTRACT__ADDRESS: '0x00000000000000000000000000000000000000ee' }, /CONTRACT_MISSING/],
] as const
for (const [label, variables, code] of refusals) {
  test(`${label} at the endpoint ends the listener for good`, async t => {
    const bench = await openBench(t, gateway)
    const listener = await bench.spawn(variables)
    assert.deepEqual(await listener.exited, { code: 1, signal: null })
    await assert.rejects(listener.ready(), code)
  })
}

test('requests are read when their block is final enough, each kind by its own rule', async t => {
  const bench = await openBench(t, gateway)
  await bench.listener({ DECRYPTION_FINALITY: '3', KEY_MANAGEMENT_FINALITY: '1h', KEYGEN_FINALITY: 'latest' })
  const { id: first } = await requestPublic(gateway)
  await order('prssInit', [])
  const key = await order('keygen', [0])
  await stored(bench, 'prep-keygen', hex64(PREP + 2n))
  await stored(bench, 'public-decryption', first)
  assert.ok(key.blockNumber > 0n)
  assert.equal(await bench.count('prss-init'), 0)
  const { id: second } = await requestPublic(gateway)
  await requestUser(gateway)
  assert.equal(await bench.request('public-decryption', second), undefined)
  await gateway.node(0).wallet.send({ to: gateway.coprocessor, data: '0x' })
  await stored(bench, 'public-decryption', second)
  assert.equal(await bench.count('user-decryption'), 0)
})
