import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fetchUserDecryptionCalldata, Rpc } from '@kms-connector/gateway'
import type { Hex } from '@kms-connector/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import {
  addressOf,
  call,
  HOST_CHAIN,
  handleOf,
  registerHandles,
  startTestGateway,
  type TestGateway,
} from '../contracts/testGateway.ts'
import { resultsOf, startScriptedNode } from './scriptedNode.ts'

const APP: Hex = '0x00000000000000000000000000000000000c0de0'
const OTHER_APP: Hex = '0x00000000000000000000000000000000000c0de1'
const [h1, h2] = [handleOf(1), handleOf(2)]
const user = privateKeyToAccount(devKey(4))
const delegator = addressOf(devKey(9))
const order = {
  pairs: [
    { handle: h1, contractAddress: APP },
    { handle: h2, contractAddress: OTHER_APP },
  ],
  hostChainId: HOST_CHAIN,
  publicKey: `0x${'aa'.repeat(869)}`,
} as const
const contractsOf = new Map([
  [h1, [APP]],
  [h2, [OTHER_APP]],
])
let chain: TestGateway
let rpc: Rpc

before(async () => {
  chain = await startTestGateway(1, 1)
  rpc = new Rpc({ url: chain.rpcUrl, timeoutMs: 10_000, batchSize: 64 })
  await registerHandles(chain, [h1, h2])
})
after(() => chain?.stop())

const fetchOf = (hash: Hex) => fetchUserDecryptionCalldata(rpc, chain.gateway.decryption, hash)

test('a direct request names the contract of each handle', async () => {
  const { transactionHash } = await chain.relayer.requestUserDecryption(user, order)
  assert.deepEqual(await fetchOf(transactionHash), { contractsOf, delegator: undefined })
})

test('a delegated request names the delegator as well', async () => {
  const { transactionHash } = await chain.relayer.requestDelegatedUserDecryption(user, delegator, order)
  assert.deepEqual(await fetchOf(transactionHash), { contractsOf, delegator })
})

test('transactions that are no user decryption request of this contract are refused', async () => {
  const { transactionHash } = await chain.relayer.requestPublicDecryption({ handles: [h1] })
  await assert.rejects(fetchOf(transactionHash), { code: 'CALLDATA_UNDECODABLE', message: /0xd8998f45/ })
  const owner = new ChainSender({ rpcUrl: chain.rpcUrl, privateKey: devKey(0) })
  const foreign = await call(chain, owner, 'KMSGeneration', 'prssInit', [])
  await assert.rejects(fetchOf(foreign.transactionHash), { code: 'CALLDATA_FOREIGN' })
  const { transactions } = await owner.client.getBlock({ blockNumber: chain.gateway.deployedAtBlock })
  const [creation] = transactions
  assert.ok(creation)
  await assert.rejects(fetchOf(creation), { code: 'CALLDATA_FOREIGN', message: /a contract creation/ })
  await assert.rejects(fetchOf(`0x${'12'.repeat(32)}`), { code: 'CALLDATA_MISSING' })
})

const hash = `0x${'12'.repeat(32)}` as const
const garbage: Readonly<Record<string, unknown>> = {
  'a text': 'garbage',
  'another transaction': { hash: `0x${'13'.repeat(32)}`, to: APP, input: '0x' },
  'no hash': { to: APP, input: '0x' },
  'no input': { hash, to: APP },
  'input that is no hex': { hash, to: APP, input: '0xzz' },
  'no receiver field': { hash, input: '0x' },
  'a receiver that is no address': { hash, to: '0x12', input: '0x' },
}

for (const [label, result] of Object.entries(garbage)) {
  test(`a node that sends garbage for a transaction may be asked again: ${label}`, async () => {
    await using node = await startScriptedNode(resultsOf(() => result))
    const lying = new Rpc({ url: node.url, timeoutMs: 10_000 })
    await assert.rejects(fetchUserDecryptionCalldata(lying, APP, hash), { code: 'RPC_REJECTED' })
  })
}
