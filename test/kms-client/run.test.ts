import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code, ConnectError } from '@connectrpc/connect'
import type { CallRecord } from '@kms-connector/kms-client'
import { type CoreHandlers, startCore } from './testCore.ts'
import { decryptionId, never, publicDecryption, testClient } from './work.ts'

const id = decryptionId(1)
const refuse =
  (code: Code, text = 'because') =>
  () => {
    throw new ConnectError(text, code)
  }
const answer = (requestId: string) => ({ externalSignature: new Uint8Array(65), payload: { requestId: { requestId } } })
const accepting: CoreHandlers = {
  publicDecrypt: () => ({}),
  getPublicDecryptionResult: ({ requestId }) => answer(requestId),
}

test('a request is submitted, polled and answered', async () => {
  const calls: CallRecord[] = []
  const seen: unknown[] = []
  await using core = await startCore({
    ...accepting,
    publicDecrypt(request) {
      seen.push(request.requestId?.requestId, request.ciphertexts[0]?.ciphertext.length)
      return {}
    },
  })
  using client = testClient([core.url], { onCall: call => calls.push(call) })
  const result = await client.run(publicDecryption(id), never)
  assert.equal(result?.$typeName, 'kms.v1.PublicDecryptionResponse')
  assert.partialDeepStrictEqual(result, { payload: { requestId: { requestId: id } } })
  assert.deepEqual(seen, [id, 100])
  const methods = calls.map(({ method, shard, code }) => [method, shard, code])
  assert.deepEqual(methods, [['publicDecrypt', 0, 'Ok'], ['getPublicDecryptionResult', 0, 'Ok']]) // biome-ignore format: one row
  assert.ok(calls.every(({ seconds }) => seconds >= 0))
})

test('submits and polls carry the trace to the Core as metadata', async () => {
  const seen: (string | null)[] = []
  await using core = await startCore({
    publicDecrypt(_, { requestHeader }) {
      seen.push(requestHeader.get('traceparent'))
      return {}
    },
    getPublicDecryptionResult({ requestId }, { requestHeader }) {
      seen.push(requestHeader.get('traceparent'))
      return answer(requestId)
    },
  })
  using client = testClient([core.url])
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
  await client.run({ ...publicDecryption(id), headers: { traceparent } }, never)
  await client.run(publicDecryption(id), never)
  assert.deepEqual(seen, [traceparent, traceparent, null, null])
})

test('an id the Core has already is polled', async () => {
  await using core = await startCore({ ...accepting, publicDecrypt: refuse(Code.AlreadyExists) })
  using client = testClient([core.url])
  assert.ok(await client.run(publicDecryption(id), never))
})

test('long polls that end without result are repeated', async () => {
  let polls = 0
  await using core = await startCore({
    ...accepting,
    getPublicDecryptionResult({ requestId }) {
      polls += 1
      if (polls < 5) throw new ConnectError('not ready', Code.Unavailable)
      return answer(requestId)
    },
  })
  using client = testClient([core.url])
  const work = publicDecryption(id)
  assert.ok(await client.run(work, never))
  assert.equal(polls, 5)
  assert.equal(work.built(), 1)
})

test('a Core that restarts during the poll gets the request again', async () => {
  const known = new Set<string>()
  let polled = () => {}
  const firstPoll = new Promise<void>(resolve => {
    polled = resolve
  })
  const core = (computes: boolean): CoreHandlers => ({
    publicDecrypt({ requestId }) {
      if (requestId) known.add(requestId.requestId)
      return {}
    },
    async getPublicDecryptionResult({ requestId }, { signal }) {
      if (!known.has(requestId)) throw new ConnectError('unknown id', Code.NotFound)
      if (computes) return answer(requestId)
      polled()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return {}
    },
  })
  const before = await startCore(core(false))
  using client = testClient([before.url])
  const work = publicDecryption(id)
  const running = client.run(work, never)
  await firstPoll
  await before[Symbol.asyncDispose]()
  known.clear()
  await using _after = await startCore(core(true), { port: before.port })
  assert.partialDeepStrictEqual(await running, { payload: { requestId: { requestId: id } } })
  assert.equal(work.built(), 2)
})

test('a Core that forgets every time ends in CORE_FORGOT', async () => {
  await using core = await startCore({ ...accepting, getPublicDecryptionResult: refuse(Code.NotFound) })
  using client = testClient([core.url], { maxResubmits: 2 })
  const work = publicDecryption(id)
  await assert.rejects(client.run(work, never), { code: 'CORE_FORGOT' })
  assert.equal(work.built(), 3)
})

test('resumed work that the Core knows is not built again', async () => {
  await using core = await startCore(accepting)
  using client = testClient([core.url])
  const work = { ...publicDecryption(id), resume: true }
  assert.ok(await client.run(work, never))
  assert.equal(work.built(), 0)
})

test('resumed work that the Core does not know is submitted', async () => {
  const known = new Set<string>()
  await using core = await startCore({
    publicDecrypt({ requestId }) {
      if (requestId) known.add(requestId.requestId)
      return {}
    },
    getPublicDecryptionResult: ({ requestId }) => (known.has(requestId) ? answer(requestId) : refuse(Code.NotFound)()),
  })
  using client = testClient([core.url], { maxResubmits: 0 })
  const work = { ...publicDecryption(id), resume: true }
  assert.ok(await client.run(work, never))
  assert.equal(work.built(), 1)
})

test('fire-and-forget work ends with the submit', async () => {
  await using core = await startCore({ init: refuse(Code.AlreadyExists) })
  using client = testClient([core.url])
  const build = async () => ({ requestId: { requestId: id } })
  const init = { requestId: id, shardId: id, submit: 'init', poll: undefined, resume: true, build } as const
  const result = await client.run(init, never)
  assert.equal(result, undefined)
})

const onSubmit = [
  [Code.ResourceExhausted, 'CORE_BUSY'],
  [Code.Aborted, 'CORE_BUSY'],
  [Code.NotFound, 'CORE_KEY_MISSING'],
  [Code.InvalidArgument, 'CORE_REFUSED'],
  [Code.FailedPrecondition, 'CORE_NOT_READY'],
  [Code.Unavailable, 'CORE_UNAVAILABLE'],
  [Code.Unimplemented, 'CORE_INCOMPATIBLE'],
] as const
for (const [code, expected] of onSubmit) {
  test(`submit answered ${Code[code]} ends in ${expected}`, async () => {
    await using core = await startCore({ ...accepting, publicDecrypt: refuse(code) })
    using client = testClient([core.url])
    await assert.rejects(client.run(publicDecryption(id), never), { code: expected, message: /because/ })
  })
}

test('a failed computation is final, and its text is clipped', async () => {
  await using core = await startCore({
    ...accepting,
    getPublicDecryptionResult: refuse(Code.Internal, `no\n${'x'.repeat(5000)}`),
  })
  using client = testClient([core.url])
  await assert.rejects(client.run(publicDecryption(id), never), (error: Error & { code: string; facts: object }) => {
    assert.equal(error.code, 'CORE_FAILED')
    assert.ok(error.message.length < 400 && !error.message.includes('\n'))
    assert.partialDeepStrictEqual(error.facts, { requestId: id, shard: 0, status: 'Internal', endedBy: 'core' })
    return true
  })
})

test('errors of the builder pass through', async () => {
  using client = testClient(['http://127.0.0.1:1'])
  const fault = new Error('no ciphertext')
  await assert.rejects(client.run({ ...publicDecryption(id), build: () => Promise.reject(fault) }, never), fault)
})

test('an aborted wait ends at once and cancels the poll at the Core', async () => {
  const stop = new AbortController()
  const reason = new Error('shutting down')
  const cancelled = Promise.withResolvers<void>()
  await using core = await startCore({
    ...accepting,
    async getPublicDecryptionResult(_, { signal }) {
      signal.addEventListener('abort', () => cancelled.resolve())
      stop.abort(reason)
      await cancelled.promise
      return {}
    },
  })
  using client = testClient([core.url])
  await assert.rejects(client.run(publicDecryption(id), stop.signal), { code: 'CORE_PENDING', cause: reason })
  await cancelled.promise
  const late = publicDecryption(id)
  await assert.rejects(client.run(late, stop.signal), { code: 'CORE_PENDING' })
  assert.equal(late.built(), 0)
})

test('a Core that computes for longer than the budget leaves the request pending', async () => {
  await using core = await startCore({ ...accepting, getPublicDecryptionResult: refuse(Code.Unavailable) })
  using client = testClient([core.url], { pollBudgetMs: 100 })
  await assert.rejects(client.run(publicDecryption(id), never), { code: 'CORE_PENDING' })
})
