import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  decodeLog,
  expectChainId,
  expectContract,
  fetchHeader,
  fetchLogs,
  GatewayConfig,
  Rpc,
} from '@kms-connector/gateway'
import { type Hex, OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import {
  call,
  GATEWAY_CHAIN,
  HOST_CHAIN,
  handleOf,
  KEY_ID,
  registerHandles,
  startTestGateway,
  type TestGateway,
} from '../contracts/testGateway.ts'

const table = new OperationTable(OPERATIONS_V0_11)
const topics = table.topics(table.all)
const STRANGER: Hex = `0x${'77'.repeat(20)}`
const handle = handleOf(1)
let chain: TestGateway
let rpc: Rpc

before(async () => {
  chain = await startTestGateway(2, 1)
  rpc = new Rpc({ url: chain.rpcUrl, timeoutMs: 10_000, batchSize: 64 })
  await registerHandles(chain, [handle])
})
after(() => chain?.stop())

test('an endpoint must serve the chain of the settings', async () => {
  await expectChainId(rpc, GATEWAY_CHAIN)
  await assert.rejects(expectChainId(rpc, 1), {
    code: 'CHAIN_ID_MISMATCH',
    message: /serves chain 54321, the settings say 1/,
  })
})

test('an address of the settings must hold a contract', async () => {
  await expectContract(rpc, 'Decryption', chain.gateway.decryption)
  await assert.rejects(expectContract(rpc, 'Decryption', STRANGER), { code: 'CONTRACT_MISSING', message: /Decryption/ })
})

test('a method that the node does not have is refused by the node', async () => {
  await assert.rejects(rpc.call('test_nothing'), { code: 'RPC_REJECTED', message: /test_nothing failed with -32601/ })
})

test('the registry knows its members and nobody else', async () => {
  const config = new GatewayConfig(rpc, chain.gateway.gatewayConfig)
  const { wallet, signer } = chain.node(1)
  const txSender = wallet.account.address
  assert.equal(await config.bucketUrl(chain.coprocessor), 'http://127.0.0.1:9000/ct128')
  assert.equal(await config.bucketUrl(STRANGER), undefined)
  assert.equal(await config.signerOf(txSender), signer.address.toLowerCase())
  assert.equal(await config.signerOf(STRANGER), undefined)
  assert.deepEqual(await Promise.all([signer.address, txSender, STRANGER].map(a => config.isKmsSigner(a))), [
    true,
    false,
    false,
  ])
  assert.deepEqual(await Promise.all([signer.address, txSender, STRANGER].map(a => config.isKmsTxSender(a))), [
    false,
    true,
    false,
  ])
})

test('a registry without a contract, or with another one, is an answer of the wrong form', async () => {
  await assert.rejects(new GatewayConfig(rpc, STRANGER).signerOf(STRANGER), { code: 'RPC_REJECTED' })
  await assert.rejects(new GatewayConfig(rpc, chain.gateway.decryption).signerOf(STRANGER), { code: 'RPC_REJECTED' })
})

test('headers are found by number and by tag, and chained by hash', async () => {
  const latest = await fetchHeader(rpc, 'latest')
  assert.ok(latest)
  assert.deepEqual(await fetchHeader(rpc, latest.number), latest)
  const parent = await fetchHeader(rpc, latest.number - 1)
  assert.equal(parent?.hash, latest.parentHash)
  assert.ok(parent.timestamp <= latest.timestamp)
  assert.ok(await fetchHeader(rpc, 'safe'))
  assert.ok(await fetchHeader(rpc, 'finalized'))
  assert.equal(await fetchHeader(rpc, latest.number + 1_000_000), undefined)
})

test('requests of both contracts are read from the chain in their order', async () => {
  const user = privateKeyToAccount(devKey(4))
  const { relayer, gateway } = chain
  const pairs = [{ handle, contractAddress: STRANGER }]
  const publicRequest = await relayer.requestPublicDecryption({ handles: [handle], extraData: '0x00aa' })
  const order = { pairs, hostChainId: HOST_CHAIN, publicKey: '0xaabb' } as const
  const userRequest = await relayer.requestUserDecryption(user, order)
  await chain.owner.pause()
  await chain.owner.unpause()
  const addresses = [gateway.decryption, gateway.kmsGeneration]
  const latest = await fetchHeader(rpc, 'latest')
  const toBlock = latest?.number ?? 0
  const logs = await fetchLogs(rpc, { addresses, topics, fromBlock: Number(gateway.deployedAtBlock), toBlock })
  const requests = logs.map(log => decodeLog(table, GATEWAY_CHAIN, log))
  assert.deepEqual(
    requests.map(r => (r.kind === 'request' ? [r.request.operation.name, r.request.id] : r.kind)),
    [
      ['public-decryption', publicRequest.id],
      ['user-decryption', userRequest.id],
    ],
  )
  const [first] = requests
  assert.ok(first?.kind === 'request')
  assert.equal(first.request.origin.transactionHash, publicRequest.transactionHash)
  assert.equal(first.request.origin.blockNumber, Number(publicRequest.blockNumber))
  const header = await fetchHeader(rpc, first.request.origin.blockNumber)
  assert.equal(first.request.origin.blockHash, header?.hash)
  const { materials, extraData } = first.request.payload as Readonly<Record<string, unknown>> // CAST: a public decryption
  assert.equal(extraData, '0x00aa')
  assert.deepEqual(
    (materials as readonly { readonly ctHandle: Hex; readonly keyId: bigint }[]).map(m => [m.ctHandle, m.keyId]), // CAST: same
    [[handle, KEY_ID]],
  )
})

test('a key generation is read from the chain', async () => {
  const owner = new ChainSender({ rpcUrl: chain.rpcUrl, privateKey: devKey(0) })
  const block = Number((await call(chain, owner, 'KMSGeneration', 'keygen', [1])).blockNumber)
  const logs = await fetchLogs(rpc, {
    addresses: [chain.gateway.kmsGeneration],
    topics,
    fromBlock: block,
    toBlock: block,
  })
  const [first, ...rest] = logs.map(log => decodeLog(table, GATEWAY_CHAIN, log))
  assert.deepEqual(rest, [])
  assert.ok(first?.kind === 'request')
  assert.equal(first.request.operation.name, 'prep-keygen')
  assert.deepEqual(first.request.payload, { epochId: 0n, paramsType: 1 })
})

test('a range without logs is empty', async () => {
  const logs = await fetchLogs(rpc, { addresses: [STRANGER], topics, fromBlock: 0, toBlock: 3 })
  assert.deepEqual(logs, [])
})
