import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Hex } from 'viem'
import { ChainSender, devKey } from '../../apps/devnet/src/chain/index.ts'
import {
  call,
  eventsOf,
  handleOf,
  read,
  registerHandles,
  revert,
  signAnswer,
  startTestGateway,
  type TestGateway,
  type TestNode,
  testNode,
} from './testGateway.ts'

const [PREP, KEY, CRS, RESHARE] = [3n << 248n, 4n << 248n, 5n << 248n, 6n << 248n]
const DIGESTS = [
  { keyType: 0, digest: '0x1111' },
  { keyType: 1, digest: '0x2222' },
] as const
const MAX_BITS = 2048n
let gateway: TestGateway
let owner: ChainSender

before(async () => {
  gateway = await startTestGateway(3, 2)
  owner = new ChainSender({ rpcUrl: gateway.rpcUrl, privateKey: devKey(0) })
})
after(() => gateway?.stop())

const order = (functionName: string, args: readonly unknown[]) =>
  call(gateway, owner, 'KMSGeneration', functionName, args)

async function answerPrep(node: TestNode, prepKeygenId: bigint, signature?: Hex) {
  const signed = signature ?? (await signAnswer(gateway, node.signer, 'PrepKeygenVerification', { prepKeygenId }))
  return call(gateway, node.wallet, 'KMSGeneration', 'prepKeygenResponse', [prepKeygenId, signed])
}

async function answerKey(
  node: TestNode,
  prepKeygenId: bigint,
  keyId: bigint,
  keyDigests: readonly unknown[] = DIGESTS,
  signature?: Hex,
) {
  const message = { prepKeygenId, keyId, keyDigests }
  const signed = signature ?? (await signAnswer(gateway, node.signer, 'KeygenVerification', message))
  return call(gateway, node.wallet, 'KMSGeneration', 'keygenResponse', [keyId, keyDigests, signed])
}

async function answerCrs(node: TestNode, crsId: bigint, maxBitLength = MAX_BITS, signature?: Hex) {
  const message = { crsId, maxBitLength, crsDigest: '0x3333' }
  const signed = signature ?? (await signAnswer(gateway, node.signer, 'CrsgenVerification', message))
  return call(gateway, node.wallet, 'KMSGeneration', 'crsgenResponse', [crsId, '0x3333', signed])
}

async function names(receipt: ReturnType<typeof answerPrep>) {
  return eventsOf('KMSGeneration', await receipt).map(event => event.eventName)
}

function urls(...indices: number[]): string[] {
  return indices.map(index => `http://kms/${gateway.node(index).wallet.account.address}`)
}

test('a key goes through preprocessing, generation and activation', async () => {
  const [request] = eventsOf('KMSGeneration', await order('keygen', [1]))
  assert.deepEqual(request?.args, { prepKeygenId: PREP + 1n, epochId: 0n, paramsType: 1 })
  await assert.rejects(order('keygen', [1]), revert('KeygenOngoing', '0x3b853da8'))
  await assert.rejects(order('keyReshareSameSet', [KEY + 1n]), revert('KeyNotGenerated', '0x84de1331'))
  assert.deepEqual(await names(answerPrep(gateway.node(0), PREP + 1n)), ['PrepKeygenResponse'])
  // The contract does not wait for the preprocessing; a connector has to.
  assert.deepEqual(await names(answerKey(gateway.node(0), PREP + 1n, KEY + 1n)), ['KeygenResponse'])
  const [, announced] = eventsOf('KMSGeneration', await answerPrep(gateway.node(1), PREP + 1n))
  assert.deepEqual(announced?.args, { prepKeygenId: PREP + 1n, keyId: KEY + 1n })
  assert.deepEqual(await names(answerPrep(gateway.node(2), PREP + 1n)), ['PrepKeygenResponse'])
  assert.equal(await read(gateway, 'KMSGeneration', 'getActiveKeyId'), 0n)
  assert.deepEqual(await read(gateway, 'KMSGeneration', 'getConsensusTxSenders', [KEY + 1n]), [])
  const [, activated] = eventsOf('KMSGeneration', await answerKey(gateway.node(1), PREP + 1n, KEY + 1n))
  assert.deepEqual(activated?.args, { keyId: KEY + 1n, kmsNodeStorageUrls: urls(0, 1), keyDigests: DIGESTS })
  assert.equal(await read(gateway, 'KMSGeneration', 'getActiveKeyId'), KEY + 1n)
  assert.deepEqual(await names(answerKey(gateway.node(2), PREP + 1n, KEY + 1n)), ['KeygenResponse'])
  assert.deepEqual(await read(gateway, 'KMSGeneration', 'getKeyMaterials', [KEY + 1n]), [urls(0, 1, 2), DIGESTS])
  assert.equal(await read(gateway, 'KMSGeneration', 'getKeyParamsType', [KEY + 1n]), 1)
  const [reshare] = eventsOf('KMSGeneration', await order('keyReshareSameSet', [KEY + 1n]))
  assert.deepEqual(reshare?.args, {
    prepKeygenId: PREP + 1n,
    keyId: KEY + 1n,
    keyReshareId: RESHARE + 1n,
    paramsType: 1,
  })
})

test('wrong answers about keys are refused with their own errors', async () => {
  await order('keygen', [0])
  const [node, other, stranger] = [gateway.node(0), gateway.node(1), testNode(gateway.rpcUrl, 12)]
  const [prep, key] = [PREP + 2n, KEY + 2n]
  const foreign = await signAnswer(gateway, other.signer, 'PrepKeygenVerification', { prepKeygenId: prep })
  const cases: [() => Promise<unknown>, string, Hex][] = [
    [() => answerPrep(stranger, prep), 'NotKmsTxSender', '0xaee86323'],
    [() => answerPrep(node, 0n), 'PrepKeygenNotRequested', '0x0ab7f687'],
    [() => answerPrep(node, prep + 1n), 'PrepKeygenNotRequested', '0x0ab7f687'],
    [() => answerPrep(node, prep, '0x'), 'ECDSAInvalidSignatureLength', '0xfce698f7'],
    [() => answerPrep(node, prep, foreign), 'KmsSignerDoesNotMatchTxSender', '0x0d86f521'],
    [() => answerKey(stranger, prep, key), 'NotKmsTxSender', '0xaee86323'],
    [() => answerKey(node, prep, key + 1n), 'KeygenNotRequested', '0xadfab904'],
    [() => answerKey(node, prep, key, []), 'EmptyKeyDigests', '0xe6f9083b'],
    [() => answerKey(node, prep, key, [], '0x'), 'EmptyKeyDigests', '0xe6f9083b'],
    [() => answerKey(node, prep - 1n, key), 'NotKmsSigner', '0x2a7c6ef6'],
  ]
  for (const [attempt, error, selector] of cases) await assert.rejects(attempt, revert(error, selector))
  await answerPrep(node, prep)
  await assert.rejects(answerPrep(node, prep), revert('KmsAlreadySignedForPrepKeygen', '0x33ca1fe3'))
  await answerKey(node, prep, key)
  await assert.rejects(answerKey(node, prep, key), revert('KmsAlreadySignedForKeygen', '0x98fb957d'))
})

test('the order of the digests is part of what is signed', async () => {
  const [node, prep, key] = [gateway.node(1), PREP + 2n, KEY + 2n]
  const message = { prepKeygenId: prep, keyId: key, keyDigests: DIGESTS.toReversed() }
  const signature = await signAnswer(gateway, node.signer, 'KeygenVerification', message)
  await assert.rejects(answerKey(node, prep, key, DIGESTS, signature), revert('NotKmsSigner', '0x2a7c6ef6'))
})

test('an id with a smaller type byte passes, as in the real contract', async () => {
  await registerHandles(gateway, [handleOf(1)])
  const { id } = await gateway.relayer.requestPublicDecryption({ handles: [handleOf(1)] })
  assert.deepEqual(await names(answerPrep(gateway.node(0), BigInt(`0x${id}`))), ['PrepKeygenResponse'])
})

test('a CRS goes through generation and activation; wrong answers are refused', async () => {
  const [request] = eventsOf('KMSGeneration', await order('crsgenRequest', [MAX_BITS, 0]))
  const id = CRS + 1n
  assert.deepEqual(request?.args, { crsId: id, maxBitLength: MAX_BITS, paramsType: 0 })
  await assert.rejects(order('crsgenRequest', [MAX_BITS, 0]), revert('CrsgenOngoing', '0x061ac61d'))
  const node = gateway.node(0)
  await assert.rejects(answerCrs(node, id + 1n), revert('CrsgenNotRequested', '0x8d8c940a'))
  await assert.rejects(answerCrs(node, id, MAX_BITS + 1n), revert('NotKmsSigner', '0x2a7c6ef6'))
  await assert.rejects(answerCrs(node, id, MAX_BITS, '0x12'), revert('ECDSAInvalidSignatureLength', '0xfce698f7'))
  await assert.rejects(answerCrs(testNode(gateway.rpcUrl, 12), id), revert('NotKmsTxSender', '0xaee86323'))
  assert.deepEqual(await names(answerCrs(node, id)), ['CrsgenResponse'])
  await assert.rejects(answerCrs(node, id), revert('KmsAlreadySignedForCrsgen', '0xfcf5a6e9'))
  const [, activated] = eventsOf('KMSGeneration', await answerCrs(gateway.node(2), id))
  assert.deepEqual(activated?.args, { crsId: id, kmsNodeStorageUrls: urls(0, 2), crsDigest: '0x3333' })
  assert.equal(await read(gateway, 'KMSGeneration', 'getActiveCrsId'), id)
  assert.deepEqual(await names(answerCrs(gateway.node(1), id)), ['CrsgenResponse'])
  assert.deepEqual(
    await read(gateway, 'KMSGeneration', 'getConsensusTxSenders', [id]),
    [0, 2, 1].map(index => gateway.node(index).wallet.account.address),
  )
})

test('only the owner orders; prssInit carries nothing', async () => {
  const { wallet } = gateway.node(0)
  const notOwner = revert('NotGatewayOwner', '0x0e56cf3d')
  await assert.rejects(call(gateway, wallet, 'KMSGeneration', 'keygen', [0]), notOwner)
  await assert.rejects(call(gateway, wallet, 'KMSGeneration', 'crsgenRequest', [1n, 0]), notOwner)
  await assert.rejects(call(gateway, wallet, 'KMSGeneration', 'prssInit', []), notOwner)
  await assert.rejects(call(gateway, wallet, 'KMSGeneration', 'keyReshareSameSet', [KEY + 1n]), notOwner)
  const { logs } = await order('prssInit', [])
  assert.deepEqual(
    logs.map(log => [log.topics.length, log.data]),
    [[1, '0x']],
  )
})
