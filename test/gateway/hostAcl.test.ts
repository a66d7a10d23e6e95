import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fetchHeader, HostAcl, Rpc } from '@kms-connector/gateway'
import type { Address, Hex } from '@kms-connector/protocol'
import { type Anvil, deployHostChain, devKey, HostAclOwner, startAnvil } from '../../apps/devnet/src/chain/index.ts'
import { addressOf, HOST_CHAIN, handleOf } from '../contracts/testGateway.ts'
import { resultsOf, startScriptedNode } from './scriptedNode.ts'

const [known, unknown] = [handleOf(1), handleOf(2)]
const APP: Address = `0x${'a9'.repeat(20)}`
const OTHER_APP: Address = `0x${'a8'.repeat(20)}`
const USER: Address = `0x${'05'.repeat(20)}`
const STRANGER: Address = `0x${'77'.repeat(20)}`
const DELEGATE: Address = `0x${'de'.repeat(20)}`
const EXPIRED: Address = `0x${'dd'.repeat(20)}`
const delegatorKey = devKey(7)
const delegator = addressOf(delegatorKey)
const strangersKey = devKey(8)

let anvil: Anvil
let rpc: Rpc
let owner: HostAclOwner
let acl: HostAcl

before(async () => {
  anvil = await startAnvil({ chainId: HOST_CHAIN })
  const deployer = devKey(0)
  const { rpcUrl } = anvil
  const address = await deployHostChain({ rpcUrl, deployer })
  owner = new HostAclOwner({ rpcUrl, acl: address, privateKey: deployer })
  rpc = new Rpc({ url: rpcUrl, timeoutMs: 10_000, batchSize: 64 })
  acl = new HostAcl(rpc, address)
  await owner.allow([known], [USER, APP, delegator])
  await owner.allowForDecryption([known])
  const now = BigInt((await fetchHeader(rpc, 'latest'))?.timestamp ?? 0)
  const until = (delegate: Address, expirationDate: bigint) => ({ delegate, contractAddress: APP, expirationDate })
  await owner.delegate(delegatorKey, until(DELEGATE, now + 100_000n))
  await owner.delegate(delegatorKey, until(EXPIRED, now - 1n))
  // Somebody without a right to the handle may delegate, but there is nothing to hand on.
  await owner.delegate(strangersKey, until(DELEGATE, now + 100_000n))
})
after(() => anvil?.stop())

test('public decryption is allowed for what was released and nothing else', async () => {
  assert.deepEqual(await Promise.all([known, unknown].map(h => acl.isAllowedForDecryption(h))), [true, false])
})

test('users and contracts may use what they were given and nothing else', async () => {
  const ask = (handle: Hex, accounts: readonly Address[]) => Promise.all(accounts.map(a => acl.isAllowed(handle, a)))
  assert.deepEqual(await ask(known, [USER, APP, delegator]), [true, true, true])
  assert.deepEqual(await ask(known, [STRANGER, OTHER_APP, DELEGATE]), [false, false, false])
  assert.deepEqual(await ask(unknown, [USER, APP, delegator]), [false, false, false])
})

const delegations: readonly (readonly [string, Address, Address, Address, Hex, boolean])[] = [
  ['as given', delegator, DELEGATE, APP, known, true],
  ['expired', delegator, EXPIRED, APP, known, false],
  ['to nobody else', delegator, STRANGER, APP, known, false],
  ['in no other contract', delegator, DELEGATE, OTHER_APP, known, false],
  ['for no other handle', delegator, DELEGATE, APP, unknown, false],
  ['by nobody else', USER, DELEGATE, APP, known, false],
  ['by somebody without a right', addressOf(strangersKey), DELEGATE, APP, known, false],
  ['in one direction', DELEGATE, delegator, APP, known, false],
]

for (const [label, from, to, contract, handle, expected] of delegations) {
  test(`a delegation counts ${label}: ${expected}`, async () => {
    assert.equal(await acl.isDelegated(from, to, contract, handle), expected)
  })
}

test('what is taken back is denied from the next block on', async () => {
  const handle = handleOf(3)
  await owner.allow([handle], [USER])
  assert.equal(await acl.isAllowed(handle, USER), true)
  await owner.disallow(handle, USER)
  assert.equal(await acl.isAllowed(handle, USER), false)
})

test('an address without a contract is an answer of the wrong form, never a yes', async () => {
  await assert.rejects(new HostAcl(rpc, STRANGER).isAllowed(known, USER), { code: 'RPC_REJECTED' })
})

const notBooleans = ['0x', '0x01', `0x${'0'.repeat(63)}2`, `0x${'f'.repeat(64)}`, 'true', true, 1, null, [], {}]

for (const result of notBooleans) {
  test(`an answer that is no boolean is never a yes: ${JSON.stringify(result).slice(0, 12)}`, async () => {
    await using node = await startScriptedNode(resultsOf(() => result))
    const lying = new HostAcl(new Rpc({ url: node.url, timeoutMs: 10_000 }), APP)
    await assert.rejects(lying.isAllowed(known, USER), { code: 'RPC_REJECTED' })
  })
}

test('all questions of a moment travel as one request', async () => {
  await using node = await startScriptedNode(resultsOf(() => `0x${'0'.repeat(63)}1`))
  const batching = new HostAcl(new Rpc({ url: node.url, timeoutMs: 10_000, batchSize: 64 }), APP)
  await Promise.all([
    batching.isAllowed(known, USER),
    batching.isAllowedForDecryption(known),
    batching.isDelegated(delegator, DELEGATE, APP, known),
  ])
  assert.deepEqual(
    node.bodies.map(calls => calls.map(c => (c.params[0] as { readonly data: string }).data.slice(0, 10))), // CAST: eth_call
    [['0x82027b6d', '0xc0d02943', '0xd09c0dee']],
  )
})
