import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recoverSigner } from '@kms-connector/gateway'
import type { Address, Hex, Request, Response } from '@kms-connector/protocol'
import { getAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { devKey } from '../../apps/devnet/src/chain/index.ts'
import { decryptShares } from '../../apps/devnet/src/core/index.ts'
import { sampleOf, typeNamed } from '../core/coreClient.ts'
import { pageOf } from '../gw-listener/pages.ts'
import { startRpcProxy } from '../gw-listener/rpcProxy.ts'
import { hostChains, impatient, logOf, openBench, until } from './workerBench.ts'
import {
  APPLICATION,
  allow,
  DELEGATE,
  DELEGATOR,
  OTHER_CHAIN,
  startWorld,
  USER,
  USER_KEYS,
  type World,
} from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

const TYPES = ['bool', 'uint8', 'uint64', 'address', 'uint256'].map(typeNamed)

function domain() {
  const verifyingContract = world.gateway.decryption
  return { name: 'Decryption', version: '1', chainId: world.gateway.chainId, verifyingContract }
}

/** The answer is what the Core of this world signed, over exactly these bytes. */
async function expectSigned({ operation, id, payload }: Request, { answer }: Response): Promise<void> {
  const signer = recoverSigner(domain(), operation.signed(id, payload, answer), operation.signature(answer))
  assert.equal(getAddress(signer), privateKeyToAccount(world.coreOptions.signingKey).address)
}

const word = (value: bigint) => value.toString(16).padStart(64, '0')

test('a public decryption is answered with the signed values', async t => {
  const bench = await openBench(t, world)
  const handles = await Promise.all(TYPES.map(type => world.ciphertext({ type, value: sampleOf(type) })))
  const request = await world.publicRequest(handles)
  await bench.worker()
  await bench.publish(request)
  const response = await bench.answered(request)
  const decryptedResult = `0x${TYPES.map(type => word(sampleOf(type))).join('')}`
  assert.partialDeepStrictEqual(response.answer, { decryptedResult })
  assert.deepEqual(response.origin, request.origin)
  await expectSigned(request, response)
  await until('it is acknowledged', async () => (await bench.open('public-decryption')).delivered === 0)
})

test('user decryptions, direct and delegated, are answered with shares that their readers can open', async t => {
  const bench = await openBench(t, world)
  const handles = await Promise.all(TYPES.map(type => world.ciphertext({ type, value: sampleOf(type) })))
  await bench.worker()
  const cases = [
    [USER.address, await world.userRequest(handles)],
    [DELEGATE.address, await world.userRequest(handles, DELEGATOR.address)],
  ] as const
  for (const [clientAddress, request] of cases) {
    await bench.publish(request)
    const response = await bench.answered(request)
    await expectSigned(request, response)
    const { userDecryptedShare, signature } = response.answer as Record<'userDecryptedShare' | 'signature', Hex> // CAST: its schema
    const address = privateKeyToAccount(world.coreOptions.signingKey).address
    const values = decryptShares({
      keys: USER_KEYS,
      shares: [{ payloadHex: userDecryptedShare, signatureHex: signature }],
      servers: [{ partyId: 1, address }],
      clientAddress,
      handles,
      domain: { ...domain(), chainId: BigInt(world.gateway.chainId) },
    })
    assert.deepEqual(
      handles.map(handle => values.get(handle)),
      TYPES.map(sampleOf),
    )
  }
})

interface Denial {
  readonly label: string
  readonly place: (handle: Hex) => Promise<Request>
  /** Rights that the handle has while it is denied. */
  readonly allowed: readonly Address[]
}

const direct = (handle: Hex) => world.userRequest([handle])
const delegated = (handle: Hex) => world.userRequest([handle], DELEGATOR.address)
const denials: readonly Denial[] = [
  { label: 'public, not allowed', place: handle => world.publicRequest([handle]), allowed: [] },
  { label: 'user, neither allowed', place: direct, allowed: [] },
  { label: 'user, only the user allowed', place: direct, allowed: [USER.address] },
  { label: 'user, only the contract allowed', place: direct, allowed: [APPLICATION] },
  { label: 'delegated, only the delegator allowed', place: delegated, allowed: [DELEGATOR.address] },
  { label: 'delegated, only the contract allowed', place: delegated, allowed: [APPLICATION] },
]

test('what the host chain denies is tried again, and answered as soon as it is allowed', async t => {
  const bench = await openBench(t, world)
  const worker = await bench.worker()
  const requests: { handle: Hex; request: Request; label: string }[] = []
  for (const { label, place, allowed } of denials) {
    const handle = await world.ciphertext({ allowed: false })
    if (allowed.length > 0) await world.hostAcl.allow([handle], allowed)
    const request = await place(handle)
    await bench.publish(request)
    requests.push({ handle, request, label })
  }
  const denied = (log: string, id: string) =>
    log.split('\n').filter(line => line.includes('ACL_DENIED') && line.includes(id)).length
  for (const { request, label } of requests)
    await until(`${label} is denied twice`, async () => denied(await logOf(worker), request.id) >= 2)
  assert.equal(await bench.responses(), 0)
  await allow(
    world.hostAcl,
    requests.map(({ handle }) => handle),
  )
  for (const { request } of requests) await bench.answered(request)
  assert.deepEqual(await bench.letters(), [])
})

test('a delegation that was never made is denied until the request is given up', async t => {
  const bench = await openBench(t, world)
  await bench.worker(impatient(3))
  const stranger = privateKeyToAccount(devKey(9)).address
  const handle = await world.ciphertext()
  await world.hostAcl.allow([handle], [stranger])
  const request = await world.userRequest([handle], stranger)
  await bench.publish(request)
  const letter = await bench.buried(request.id)
  assert.equal(letter.code, 'ACL_DENIED')
  assert.match(letter.detail, /given up after 3 attempts.*did not delegate/)
  assert.deepEqual(
    letter.history.map(({ code }) => code),
    ['ACL_DENIED', 'ACL_DENIED', 'ACL_DENIED'],
  )
  assert.equal(await bench.responses(), 0)
})

test('a handle of a chain that is not configured is given up, and holds nothing', async t => {
  const bench = await openBench(t, world)
  await bench.worker(impatient(2))
  const unknown = await world.publicRequest([await world.ciphertext({ chainId: OTHER_CHAIN })])
  const good = await world.publicRequest([await world.ciphertext()])
  await bench.publish(unknown)
  await bench.publish(good)
  await bench.answered(good)
  assert.equal((await bench.buried(unknown.id)).code, 'HOST_CHAIN_UNKNOWN')
})

test('a host chain that is down holds only its own requests, also from the start', async t => {
  const bench = await openBench(t, world)
  const dead = await startRpcProxy(world.hostRpcUrl)
  t.after(() => dead.stop())
  dead.rules = { before: () => ({ kind: 'http', status: 503, body: 'down' }) }
  const chains = [
    { url: world.hostRpcUrl, chainId: world.hostChainId, acl: world.acl },
    { url: dead.url, chainId: OTHER_CHAIN, acl: world.acl },
  ]
  await bench.spawn({ HOST_CHAINS: hostChains(chains) })
  const held = await world.publicRequest([await world.ciphertext({ chainId: OTHER_CHAIN })])
  const good = await world.publicRequest([await world.ciphertext()])
  await bench.publish(held)
  await bench.publish(good)
  await bench.answered(good)
  dead.rules = {
    edit: ({ method }, result) => (method === 'eth_chainId' ? `0x${OTHER_CHAIN.toString(16)}` : result),
  }
  await bench.answered(held)
})

test('requests of a host chain that stays silent do not wait for it one by one', async t => {
  const bench = await openBench(t, world)
  const silent = await startRpcProxy(world.hostRpcUrl)
  t.after(() => silent.stop())
  const honest = {
    edit: ({ method }: { method: string }, result: unknown) =>
      method === 'eth_chainId' ? `0x${OTHER_CHAIN.toString(16)}` : result,
  }
  silent.rules = honest
  const chains = [
    { url: world.hostRpcUrl, chainId: world.hostChainId, acl: world.acl },
    { url: silent.url, chainId: OTHER_CHAIN, acl: world.acl },
  ]
  const worker = await bench.worker({
    HOST_CHAINS: hostChains(chains),
    HOST_CHAIN_TIMEOUT: '200ms',
    RPC_PROBE_INTERVAL: '200ms',
  })
  silent.rules = { before: () => ({ kind: 'silence' }) }
  const standing = () => pageOf(worker, '/status')
  await until('it is left alone for longer', async () => /paused for (4|8|16|32)000 ms/.test(await standing()))
  const asked = () => silent.exchanges.flat().filter(({ method }) => method === 'eth_call').length
  const before = asked()
  const held = await Promise.all(
    Array.from({ length: 12 }, async () => world.publicRequest([await world.ciphertext({ chainId: OTHER_CHAIN })])),
  )
  for (const request of held) await bench.publish(request)
  await until('all were given back', async () => {
    const lines = (await logOf(worker)).split('\n').filter(line => line.includes('could not answer a request yet'))
    return held.every(({ id }) => lines.some(line => line.includes(id)))
  })
  assert.equal(asked(), before, 'nobody asked it')
  silent.rules = honest
  await bench.answered(held[0] as (typeof held)[0]) // CAST: there are twelve
})

test('calldata that proves nothing ends a request by the rule of its error', async t => {
  const bench = await openBench(t, world)
  await bench.worker(impatient(2))
  const handle = await world.ciphertext()
  const user = async (transactionHash: Hex | undefined) => {
    const request = await world.userRequest([handle])
    await bench.publish({
      ...request,
      origin: { ...request.origin, transactionHash: transactionHash ?? `0x${'00'.repeat(31)}01` },
    })
    return request.id
  }
  const publicTransaction = (await world.publicRequest([handle])).origin.transactionHash
  const registration = await world.owner.updatePublicDecryptionThreshold(1)
  const cases = [
    [await user(registration.transactionHash), 'CALLDATA_FOREIGN', 1],
    [await user(publicTransaction), 'CALLDATA_UNDECODABLE', 1],
    [await user(undefined), 'CALLDATA_MISSING', 2],
  ] as const
  for (const [id, code, attempts] of cases) {
    const letter = await bench.buried(id)
    assert.deepEqual([letter.code, letter.source?.attempts], [code, attempts])
  }
})

test('the checks of 64 decryptions travel as one batch', async t => {
  const bench = await openBench(t, world)
  const proxy = await startRpcProxy(world.hostRpcUrl)
  t.after(() => proxy.stop())
  const handle = await world.ciphertext()
  const requests = await Promise.all(Array.from({ length: 64 }, () => world.publicRequest([handle])))
  for (const request of requests) await bench.publish(request)
  const chains = [{ url: proxy.url, chainId: world.hostChainId, acl: world.acl }]
  await bench.worker({ HOST_CHAINS: hostChains(chains), BATCH_LINGER: '5s' })
  for (const request of requests) await bench.answered(request)
  const checks = proxy.exchanges.map(calls => calls.filter(({ method }) => method === 'eth_call').length)
  assert.deepEqual(
    checks.filter(count => count > 0),
    [64],
  )
})

test('a request with hundreds of handles is answered, and holds no other', async t => {
  const bench = await openBench(t, world)
  const proxy = await startRpcProxy(world.hostRpcUrl)
  t.after(() => proxy.stop())
  const chains = [{ url: proxy.url, chainId: world.hostChainId, acl: world.acl }]
  await bench.worker({ HOST_CHAINS: hostChains(chains), RPC_BATCH_SIZE: '50', RPC_MAX_CONCURRENT_BATCHES: '2' })
  const small = await world.publicRequest([await world.ciphertext()])
  const large = await world.userRequest(await world.manyCiphertexts(200))
  await bench.publish(large)
  await bench.publish(small)
  await bench.answered(small)
  await bench.answered(large)
  // Two batches, and now and then a readiness check.
  assert.ok(proxy.peak <= 4, `${proxy.peak} exchanges at once`)
  const sizes = proxy.exchanges.map(calls => calls.filter(({ method }) => method === 'eth_call').length)
  assert.ok(Math.max(...sizes) <= 50, `batches of ${sizes}`)
})
