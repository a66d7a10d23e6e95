import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '@kms-connector/kms-client/gen/grpc/health/v1/health_pb.js'
import { requestIdOf } from '@kms-connector/protocol'
import type { ComputeFault } from '../../apps/devnet/src/core/index.ts'
import { codeOf, coreDomain, DOMAIN, idMessage, nextId, publicRequest, start, USER, userRequest } from './coreClient.ts'

const OTHER_KEY = idMessage(requestIdOf(99n))

test('submit validates what a real Core validates, and a refused id stays free', async t => {
  const { client } = await start(t)
  const id = nextId(1n)
  const good = publicRequest(id)
  const [item] = good.ciphertexts
  assert.ok(item)
  const bad: readonly [string, Parameters<typeof client.publicDecrypt>[0], Code][] = [
    // CAST: what the types forbid is what is tested
    ['no id', { ...good, requestId: undefined as never }, Code.InvalidArgument],
    ['short id', { ...good, requestId: idMessage('abc') }, Code.InvalidArgument],
    ['zero id', { ...good, requestId: idMessage('0'.repeat(64)) }, Code.InvalidArgument],
    ['no ciphertexts', { ...good, ciphertexts: [] }, Code.InvalidArgument],
    ['unknown type', { ...good, ciphertexts: [{ ...item, fheType: 1 }] }, Code.InvalidArgument],
    ['unknown format', { ...good, ciphertexts: [{ ...item, ciphertextFormat: 4 }] }, Code.InvalidArgument],
    ['long handle', { ...good, ciphertexts: [{ ...item, externalHandle: new Uint8Array(33) }] }, Code.InvalidArgument],
    // CAST: what the types forbid is what is tested
    ['no domain', { ...good, domain: undefined as never }, Code.InvalidArgument],
    [
      'lower-case contract',
      { ...good, domain: { ...coreDomain(), verifyingContract: DOMAIN.verifyingContract.toLowerCase() } },
      Code.InvalidArgument,
    ],
    ['no chain id', { ...good, domain: { ...coreDomain(), chainId: new Uint8Array() } }, Code.InvalidArgument],
    ['long chain id', { ...good, domain: { ...coreDomain(), chainId: new Uint8Array(33) } }, Code.InvalidArgument],
    ['short salt', { ...good, domain: { ...coreDomain(), salt: new Uint8Array(31) } }, Code.InvalidArgument],
    ['malformed key id', { ...good, keyId: idMessage('') }, Code.InvalidArgument],
    ['key not held', { ...good, keyId: OTHER_KEY }, Code.NotFound],
  ]
  for (const [what, request, code] of bad) assert.equal(await codeOf(client.publicDecrypt(request)), code, what)
  assert.equal(await codeOf(client.getPublicDecryptionResult(good.requestId)), Code.NotFound)
  await client.publicDecrypt(good)
  await client.getPublicDecryptionResult(good.requestId)
})

test('user decryptions additionally need a checksummed client and the 869-byte key', async t => {
  const { client } = await start(t)
  const good = userRequest()
  const flipped = Uint8Array.from(good.encKey, (byte, index) => (index === 40 ? byte ^ 1 : byte))
  const bad: readonly [string, Partial<typeof good>][] = [
    ['lower-case client', { clientAddress: USER.toLowerCase() }],
    ['client without 0x', { clientAddress: USER.slice(2) }],
    ['client is the contract', { clientAddress: DOMAIN.verifyingContract }],
    ['empty key', { encKey: new Uint8Array() }],
    ['raw key', { encKey: good.encKey.subarray(69) }],
    ['foreign header', { encKey: flipped }],
    ['no ciphertexts', { typedCiphertexts: [] }],
  ]
  for (const [what, change] of bad)
    assert.equal(await codeOf(client.userDecrypt({ ...good, ...change })), Code.InvalidArgument, what)
  await client.userDecrypt(good)
})

test('ids are taken in every spelling and answered in the canonical one', async t => {
  const { client } = await start(t)
  const id = nextId(0xabn)
  const spelled = idMessage(` 0x${id.toUpperCase()} `)
  await client.publicDecrypt({ ...publicRequest(id), requestId: spelled })
  const response = await client.getPublicDecryptionResult(spelled)
  assert.equal(response.payload?.requestId?.requestId, id)
  assert.equal(await codeOf(client.publicDecrypt(publicRequest(id))), Code.AlreadyExists)
})

test('errors carry the id and the metric only', async t => {
  const reasons: string[] = []
  const { client } = await start(t, { onFailure: (_id, metric, reason) => reasons.push(`${metric}: ${reason}`) })
  const request = { ...publicRequest(), keyId: OTHER_KEY }
  const fault = await client.publicDecrypt(request).catch((caught: unknown) => ConnectError.from(caught))
  assert.ok(fault instanceof ConnectError)
  assert.equal(
    fault.rawMessage,
    `Failed on requestID ${request.requestId.requestId} with metric public_decrypt_request`,
  )
  assert.deepEqual(reasons, ['public_decrypt_request: the key is not held'])
})

test('a poll is UNAVAILABLE while the result is computed, NOT_FOUND for an unknown id', async t => {
  const { client } = await start(t, { longPollMs: 20, faults: { onCompute: (): ComputeFault => 'never-answer' } })
  const request = publicRequest()
  await client.publicDecrypt(request)
  assert.equal(await codeOf(client.getPublicDecryptionResult(request.requestId)), Code.Unavailable)
  assert.equal(await codeOf(client.getPublicDecryptionResult(idMessage(nextId()))), Code.NotFound)
  assert.equal(await codeOf(client.getUserDecryptionResult(request.requestId)), Code.NotFound)
  assert.equal(await codeOf(client.getPublicDecryptionResult(idMessage('zz'))), Code.InvalidArgument)
  assert.equal(await codeOf(client.publicDecrypt(request)), Code.AlreadyExists)
})

test('one long poll is enough for a slow computation', async t => {
  const { client } = await start(t, { delayMs: 150 })
  const request = publicRequest()
  await client.publicDecrypt(request)
  const response = await client.getPublicDecryptionResult(request.requestId)
  assert.equal(response.payload?.plaintexts.length, 1)
})

test('a failed computation is INTERNAL for good', async t => {
  const { client } = await start(t, { faults: { onCompute: (): ComputeFault => 'fail' } })
  const request = userRequest()
  await client.userDecrypt(request)
  for (let i = 0; i < 2; i++)
    assert.equal(await codeOf(client.getUserDecryptionResult(request.requestId)), Code.Internal)
  assert.equal(await codeOf(client.userDecrypt(request)), Code.AlreadyExists)
})

test('a full store refuses with ABORTED until something completed can be evicted', async t => {
  const stuck = nextId(1n)
  const { client } = await start(t, {
    capacity: 2,
    minCompleted: 0,
    longPollMs: 20,
    faults: { onCompute: (id): ComputeFault | undefined => (id === stuck ? 'never-answer' : undefined) },
  })
  const [first, second, third] = [publicRequest(stuck), publicRequest(), publicRequest()]
  await client.publicDecrypt(first)
  await client.publicDecrypt(second)
  await client.getPublicDecryptionResult(second.requestId)
  await client.publicDecrypt(third)
  assert.equal(await codeOf(client.getPublicDecryptionResult(second.requestId)), Code.NotFound)
  assert.equal(await codeOf(client.getPublicDecryptionResult(first.requestId)), Code.Unavailable)

  const { client: full } = await start(t, { capacity: 1, minCompleted: 1 })
  const kept = publicRequest()
  await full.publicDecrypt(kept)
  await full.getPublicDecryptionResult(kept.requestId)
  assert.equal(await codeOf(full.publicDecrypt(third)), Code.Aborted)
})

test('work in flight is bounded by tokens', async t => {
  const { client } = await start(t, { bucketSize: 1, delayMs: 60_000 })
  const [first, second] = [publicRequest(), publicRequest()]
  await client.publicDecrypt(first)
  assert.equal(await codeOf(client.publicDecrypt(second)), Code.ResourceExhausted)
  assert.equal(await codeOf(client.getPublicDecryptionResult(second.requestId)), Code.NotFound)
})

test('tokens come back when work ends or is refused', async t => {
  const { client } = await start(t, { bucketSize: 1 })
  for (let i = 0; i < 3; i++) {
    const request = publicRequest()
    assert.equal(await codeOf(client.publicDecrypt({ ...request, keyId: OTHER_KEY })), Code.NotFound)
    await client.publicDecrypt(request)
    await client.getPublicDecryptionResult(request.requestId)
  }
})

test('a node in recovery refuses all work', async t => {
  const { client } = await start(t, { recoveryMode: true })
  assert.equal(await codeOf(client.publicDecrypt(publicRequest())), Code.FailedPrecondition)
  assert.equal(await codeOf(client.init({ requestId: idMessage(requestIdOf(1n)) })), Code.FailedPrecondition)
})

test('a missing key can burn the id, as on a threshold node', async t => {
  const { client } = await start(t, { missingKeyBurnsId: true, longPollMs: 20 })
  const request = publicRequest()
  assert.equal(await codeOf(client.publicDecrypt({ ...request, keyId: OTHER_KEY })), Code.NotFound)
  assert.equal(await codeOf(client.publicDecrypt(request)), Code.AlreadyExists)
  assert.equal(await codeOf(client.getPublicDecryptionResult(request.requestId)), Code.Unavailable)
})

test('a restarted node has forgotten its requests', async t => {
  const { core, client } = await start(t)
  const request = publicRequest()
  await client.publicDecrypt(request)
  await client.getPublicDecryptionResult(request.requestId)
  await core.stop()
  assert.equal(await codeOf(client.getPublicDecryptionResult(request.requestId)), Code.Unavailable)
  const { client: fresh } = await start(t)
  assert.equal(await codeOf(fresh.getPublicDecryptionResult(request.requestId)), Code.NotFound)
  await fresh.publicDecrypt(request)
})

test('a stopping node ends open polls', async t => {
  const { core, client } = await start(t, { faults: { onCompute: (): ComputeFault => 'never-answer' } })
  const request = publicRequest()
  await client.publicDecrypt(request)
  const poll = codeOf(client.getPublicDecryptionResult(request.requestId))
  await client.getHealthStatus({})
  await core.stop()
  assert.equal(await poll, Code.Unavailable)
})

test('health follows Init where that is asked for', async t => {
  const { core, client } = await start(t, { notServingUntilInit: true })
  const health = createClient(Health, createGrpcTransport({ baseUrl: core.url }))
  const service = 'kms_service.v1.CoreServiceEndpoint'
  assert.equal((await health.check({ service: '' })).status, Status.SERVING)
  assert.equal((await health.check({ service })).status, Status.NOT_SERVING)
  await client.init({ requestId: idMessage(requestIdOf(1n)) })
  assert.equal((await health.check({ service })).status, Status.SERVING)
  assert.equal(await codeOf(client.init({ requestId: idMessage(requestIdOf(1n)) })), Code.AlreadyExists)
  assert.equal(await codeOf(health.check({ service: 'other' })), Code.NotFound)
})
