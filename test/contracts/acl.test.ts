import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Address } from '@kms-connector/protocol'
import {
  type Anvil,
  ChainSender,
  deployHostChain,
  devKey,
  HostAclOwner,
  readArtifact,
  startAnvil,
} from '../../apps/devnet/src/chain/index.ts'
import { addressOf, handleOf } from './testGateway.ts'

const CONTRACT = '0x00000000000000000000000000000000000c0de0'
const delegator = addressOf(devKey(1))
const delegate = addressOf(devKey(2))
const handle = handleOf(1)
let anvil: Anvil
let acl: Address
let owner: HostAclOwner
let reader: ChainSender['client']

before(async () => {
  anvil = await startAnvil({ chainId: 12345 })
  const { rpcUrl } = anvil
  acl = await deployHostChain({ rpcUrl, deployer: devKey(0) })
  owner = new HostAclOwner({ rpcUrl, acl, privateKey: devKey(0) })
  reader = new ChainSender({ rpcUrl, privateKey: devKey(3) }).client
})
after(() => anvil?.stop())

const ask = (functionName: string, args: readonly unknown[]) =>
  reader.readContract({ address: acl, abi: readArtifact('ACL').abi, functionName, args })
const delegated = () => ask('isHandleDelegatedForUserDecryption', [delegator, delegate, CONTRACT, handle])

test('nothing is allowed until it is, and can be taken back', async () => {
  assert.equal(await ask('isAllowedForDecryption', [handle]), false)
  assert.equal(await ask('isAllowed', [handle, delegator]), false)
  await owner.allowForDecryption([handle])
  await owner.allow([handle], [delegator, CONTRACT])
  assert.equal(await ask('isAllowedForDecryption', [handle]), true)
  assert.equal(await ask('isAllowed', [handle, delegator]), true)
  assert.equal(await ask('isAllowed', [handleOf(2), delegator]), false)
  await owner.disallow(handle, delegator)
  assert.equal(await ask('isAllowedForDecryption', [handle]), false)
  assert.equal(await ask('isAllowed', [handle, delegator]), false)
})

test('a delegation needs the rights of delegator and contract, and lasts until it expires or is revoked', async () => {
  const expirationDate = (await reader.getBlock()).timestamp + 1000n
  await owner.delegate(devKey(1), { delegate, contractAddress: CONTRACT, expirationDate })
  assert.equal(await delegated(), false)
  await owner.allow([handle], [delegator, CONTRACT])
  assert.equal(await delegated(), true)
  await owner.revokeDelegation(devKey(1), delegate, CONTRACT)
  assert.equal(await delegated(), false)
  await owner.delegate(devKey(1), { delegate, contractAddress: CONTRACT, expirationDate: 1n })
  assert.equal(await delegated(), false)
})

test('only the owner allows', async () => {
  const stranger = new HostAclOwner({ rpcUrl: anvil.rpcUrl, acl, privateKey: devKey(4) })
  await assert.rejects(stranger.allowForDecryption([handle]), { code: 'DEVNET_CALL_REVERTED' })
})
