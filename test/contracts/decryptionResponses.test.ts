import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { requestIdOf } from '@kms-connector/protocol'
import { concat, type Hex, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { devKey } from '../../apps/devnet/src/chain/index.ts'
import {
  call,
  eventsOf,
  GATEWAY_CHAIN,
  HOST_CHAIN,
  handleOf,
  read,
  registered,
  registerHandles,
  revert,
  signAnswer,
  startTestGateway,
  type TestGateway,
  type TestNode,
  testNode,
  thresholdsOf,
  uint,
} from './testGateway.ts'

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const CONTRACT = '0x00000000000000000000000000000000000c0de0'
const PUBLIC_KEY = '0xaabbcc'
const RESULT = numberToHex(42n, { size: 32 })
const handles = [handleOf(1), handleOf(2)]
const user = privateKeyToAccount(devKey(4))
let gateway: TestGateway

before(async () => {
  gateway = await startTestGateway(4, 3)
  await registerHandles(gateway, handles)
})
after(() => gateway?.stop())

async function publicRequest(): Promise<bigint> {
  return uint((await gateway.relayer.requestPublicDecryption({ handles })).id)
}

async function userRequest(): Promise<bigint> {
  const pairs = handles.map(handle => ({ handle, contractAddress: CONTRACT }) as const)
  const order = { pairs, hostChainId: HOST_CHAIN, publicKey: PUBLIC_KEY } as const
  return uint((await gateway.relayer.requestUserDecryption(user, order)).id)
}

function signPublic({ signer }: TestNode, decryptedResult: Hex = RESULT, extraData: Hex = '0x00'): Promise<Hex> {
  return signAnswer(gateway, signer, 'PublicDecryptVerification', { ctHandles: handles, decryptedResult, extraData })
}

async function answerPublic(node: TestNode, id: bigint, result: Hex = RESULT, signature?: Hex) {
  const args = [id, result, signature ?? (await signPublic(node, result)), '0x00']
  return call(gateway, node.wallet, 'Decryption', 'publicDecryptionResponse', args)
}

async function answerUser(node: TestNode, id: bigint, userDecryptedShare: Hex, signature?: Hex) {
  const message = { publicKey: PUBLIC_KEY, ctHandles: handles, userDecryptedShare, extraData: '0x00' }
  const signed = signature ?? (await signAnswer(gateway, node.signer, 'UserDecryptResponseVerification', message))
  return call(gateway, node.wallet, 'Decryption', 'userDecryptionResponse', [id, userDecryptedShare, signed, '0x00'])
}

test('ids are dense counters under their type byte', async () => {
  const [a, b, c] = [await publicRequest(), await publicRequest(), await userRequest()]
  assert.equal(a >> 248n, 1n)
  assert.equal(b, a + 1n)
  assert.equal(c >> 248n, 2n)
})

test('a public decryption is done with the third identical result; a late one is recorded', async () => {
  const id = await publicRequest()
  const names = async (index: number) =>
    eventsOf('Decryption', await answerPublic(gateway.node(index), id)).map(event => event.eventName)
  assert.deepEqual(await names(0), ['PublicDecryptionResponseCall'])
  assert.deepEqual(await names(1), ['PublicDecryptionResponseCall'])
  assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), false)
  assert.deepEqual(await read(gateway, 'Decryption', 'getDecryptionConsensusTxSenders', [id]), [])
  assert.deepEqual(await names(2), ['PublicDecryptionResponseCall', 'PublicDecryptionResponse'])
  assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), true)
  assert.deepEqual(await names(3), ['PublicDecryptionResponseCall'])
  const senders = await read(gateway, 'Decryption', 'getDecryptionConsensusTxSenders', [id])
  assert.deepEqual(
    senders,
    gateway.nodes.map(node => node.wallet.account.address),
  )
})

test('a divergent result is accepted, counts for nothing and burns the vote', async () => {
  const id = await publicRequest()
  const wrong = numberToHex(43n, { size: 32 })
  await answerPublic(gateway.node(0), id, wrong)
  await answerPublic(gateway.node(1), id)
  await answerPublic(gateway.node(2), id)
  assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), false)
  await assert.rejects(answerPublic(gateway.node(0), id), revert('KmsNodeAlreadySigned', '0x99ec48d9'))
  await answerPublic(gateway.node(3), id)
  assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), true)
})

test('the threshold is read when the answer comes', async () => {
  const id = await publicRequest()
  await answerPublic(gateway.node(0), id)
  await gateway.owner.updatePublicDecryptionThreshold(2)
  try {
    await answerPublic(gateway.node(1), id)
    assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), true)
  } finally {
    await gateway.owner.updatePublicDecryptionThreshold(3)
  }
})

test('user shares all count, whatever they hold, with an index in order of arrival', async () => {
  const id = await userRequest()
  const seen: string[] = []
  for (const [index, node] of gateway.nodes.entries()) {
    const receipt = await answerUser(node, id, `0x0${index}`)
    for (const event of eventsOf('Decryption', receipt)) {
      const { indexShare } = event.args as unknown as { indexShare?: bigint } // CAST: undefined for the other event
      seen.push(`${event.eventName} ${indexShare ?? ''}`.trim())
    }
    const senders = await read(gateway, 'Decryption', 'getDecryptionConsensusTxSenders', [id])
    assert.equal((senders as string[]).length, index + 1) // CAST: the function returns addresses
  }
  assert.deepEqual(seen, [
    'UserDecryptionResponse 0',
    'UserDecryptionResponse 1',
    'UserDecryptionResponse 2',
    'UserDecryptionResponseThresholdReached',
    'UserDecryptionResponse 3',
  ])
  await assert.rejects(answerUser(gateway.node(0), id, '0x99'), revert('KmsNodeAlreadySigned', '0x99ec48d9'))
})

test('each wrong answer is refused with its own error', async () => {
  const [id, userId] = [await publicRequest(), await userRequest()]
  const [node, other] = [gateway.node(0), gateway.node(1)]
  const stranger = testNode(gateway.rpcUrl, 15)
  const good = await signPublic(node)
  const s = BigInt(`0x${good.slice(66, 130)}`)
  const flipped = good.endsWith('1b') ? '0x1c' : '0x1b'
  const highS = concat([good.slice(0, 66) as Hex, numberToHex(CURVE_ORDER - s, { size: 32 }), flipped]) // CAST: 0x prefix
  const cases: [() => Promise<unknown>, string, Hex][] = [
    [() => answerPublic(stranger, id), 'NotKmsTxSender', '0xaee86323'],
    [() => answerPublic(node, id + 1000n), 'DecryptionNotRequested', '0xd48af942'],
    [() => answerPublic(node, 1n << 248n), 'DecryptionNotRequested', '0xd48af942'],
    [() => answerPublic(node, 0n), 'DecryptionNotRequested', '0xd48af942'],
    [() => answerPublic(node, userId), 'DecryptionNotRequested', '0xd48af942'],
    [() => answerUser(node, id, '0x01'), 'DecryptionNotRequested', '0xd48af942'],
    [() => answerPublic(node, id, RESULT, '0x'), 'ECDSAInvalidSignatureLength', '0xfce698f7'],
    [() => answerPublic(node, id, RESULT, concat([good, '0x00'])), 'ECDSAInvalidSignatureLength', '0xfce698f7'],
    [() => answerPublic(node, id, RESULT, highS), 'ECDSAInvalidSignatureS', '0xd78bce0c'],
    [() => answerPublic(node, id, RESULT, `${good.slice(0, 130)}1d` as Hex), 'ECDSAInvalidSignature', '0xf645eedf'], // CAST: 0x prefix
    [() => answerPublic(node, id, numberToHex(7n, { size: 32 }), good), 'NotKmsSigner', '0x2a7c6ef6'],
    [async () => answerPublic(node, id, RESULT, await signPublic(stranger)), 'NotKmsSigner', '0x2a7c6ef6'],
    [
      async () => answerPublic(node, id, RESULT, await signPublic(other)),
      'KmsSignerDoesNotMatchTxSender',
      '0x0d86f521',
    ],
    [() => answerUser(stranger, userId, '0x01'), 'NotKmsTxSender', '0xaee86323'],
    [() => answerUser(node, userId, '0x01', good), 'NotKmsSigner', '0x2a7c6ef6'],
    [() => answerUser(node, userId, '0x01', '0x1234'), 'ECDSAInvalidSignatureLength', '0xfce698f7'],
  ]
  for (const [attempt, error, selector] of cases) await assert.rejects(attempt, revert(error, selector))
  await answerPublic(node, id)
  await assert.rejects(answerPublic(node, id), revert('KmsNodeAlreadySigned', '0x99ec48d9'))
})

test('a malformed signature is told before an unknown signer, an unknown id before both', async () => {
  const id = await publicRequest()
  const stranger = testNode(gateway.rpcUrl, 15)
  const both = answerPublic(gateway.node(0), id + 1000n, RESULT, '0x')
  await assert.rejects(both, revert('DecryptionNotRequested', '0xd48af942'))
  await assert.rejects(answerPublic(stranger, id + 1000n, RESULT, '0x'), revert('NotKmsTxSender', '0xaee86323'))
})

test('a signature for another chain or contract is by an unknown signer', async () => {
  const id = await publicRequest()
  const elsewhere = { ...gateway, gateway: { ...gateway.gateway, decryption: gateway.gateway.kmsGeneration } }
  const message = { ctHandles: handles, decryptedResult: RESULT, extraData: '0x00' }
  const signature = await signAnswer(elsewhere, gateway.node(0).signer, 'PublicDecryptVerification', message)
  await assert.rejects(answerPublic(gateway.node(0), id, RESULT, signature), revert('NotKmsSigner', '0x2a7c6ef6'))
})

test('answers are accepted while requests are paused', async () => {
  const id = await publicRequest()
  await gateway.owner.pause()
  try {
    assert.equal(await read(gateway, 'Decryption', 'paused'), true)
    await assert.rejects(publicRequest(), revert('EnforcedPause', '0xd93c0665'))
    await assert.rejects(userRequest(), revert('EnforcedPause', '0xd93c0665'))
    await answerPublic(gateway.node(0), id)
  } finally {
    await gateway.owner.unpause()
  }
  await publicRequest()
})

test('rotation takes effect at once: old nodes may not answer old ids, new nodes may', async () => {
  const id = await publicRequest()
  await answerPublic(gateway.node(0), id)
  const fresh = testNode(gateway.rpcUrl, 10)
  const [, ...staying] = gateway.nodes
  try {
    const receipt = await gateway.owner.updateKmsNodes([fresh, ...staying].map(registered), thresholdsOf(4, 3))
    assert.deepEqual(
      eventsOf('GatewayConfig', receipt).map(event => event.eventName),
      ['UpdateKmsNodes'],
    )
    const another = await publicRequest()
    await assert.rejects(answerPublic(gateway.node(0), another), revert('NotKmsTxSender', '0xaee86323'))
    await answerPublic(fresh, id)
    await answerPublic(gateway.node(1), id)
    assert.equal(await read(gateway, 'Decryption', 'isDecryptionDone', [id]), true)
  } finally {
    await gateway.owner.updateKmsNodes(gateway.nodes.map(registered), thresholdsOf(4, 3))
  }
})

test('a watch of the answers sees every vote, share and consensus', async () => {
  const placed = await gateway.relayer.requestPublicDecryption({ handles })
  const userId = await userRequest()
  const watch = gateway.relayer.watchAnswers(placed.blockNumber)
  const asked = [placed.id, requestIdOf(userId)]
  const progress: number[] = []
  const waiting = watch.until(asked, { timeoutMs: 20_000, pollMs: 5 }, answered => progress.push(answered))
  for (const node of gateway.nodes) await answerPublic(node, uint(placed.id))
  for (const node of gateway.nodes) await answerUser(node, userId, '0x07')
  await waiting
  await watch.poll()
  assert.equal(progress.at(-1), 2)
  assert.equal(watch.publicVotes.get(placed.id)?.length, 4)
  const [answer, ...more] = watch.publicAnswers.get(placed.id) ?? []
  assert.deepEqual([answer?.decryptedResult, answer?.signatures.length, more], [RESULT, 3, []])
  const shares = watch.userShares.get(requestIdOf(userId)) ?? []
  assert.deepEqual(
    shares.map(share => [share.indexShare, share.userDecryptedShare]),
    [0, 1, 2, 3].map(index => [index, '0x07']),
  )
})

test('domain and version can be read', async () => {
  const domain = await read(gateway, 'Decryption', 'eip712Domain')
  const [fields, name, version, chainId, address] = domain as unknown[] // CAST: EIP-5267 returns a tuple
  assert.deepEqual([fields, name, version, chainId], ['0x0f', 'Decryption', '1', BigInt(GATEWAY_CHAIN)])
  assert.equal(String(address).toLowerCase(), gateway.gateway.decryption)
  assert.equal(await read(gateway, 'Decryption', 'getVersion'), 'Decryption v0.3.0')
  assert.equal(await read(gateway, 'KMSGeneration', 'getVersion'), 'KMSGeneration v0.4.0')
  assert.equal(await read(gateway, 'GatewayConfig', 'getVersion'), 'GatewayConfig v0.4.0')
  assert.equal(await read(gateway, 'CiphertextCommits', 'getVersion'), 'CiphertextCommits v0.3.0')
})
