import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code } from '@connectrpc/connect'
import type { ComputeFault, PollFault } from '../../apps/devnet/src/core/index.ts'
import { codeOf, nextId, publicRequest, start, typeNamed, userRequest } from './coreClient.ts'

const TYPES = [typeNamed('uint8'), typeNamed('bool')]

async function publicAnswer(t: Parameters<typeof start>[0], fault: ComputeFault) {
  const { client } = await start(t, { faults: { onCompute: () => fault } })
  const request = publicRequest(nextId(1n), TYPES)
  await client.publicDecrypt(request)
  return { id: request.requestId.requestId, answer: await client.getPublicDecryptionResult(request.requestId) }
}

test('public answers can be made wrong in one respect', async t => {
  assert.equal((await publicAnswer(t, 'short-signature')).answer.externalSignature.length, 64)
  assert.equal((await publicAnswer(t, 'wrong-signer')).answer.externalSignature.length, 65)
  assert.equal((await publicAnswer(t, 'wrong-count')).answer.payload?.plaintexts.length, 1)
  assert.equal((await publicAnswer(t, 'wrong-type')).answer.payload?.plaintexts[0]?.fheType, 8)
  const { id, answer } = await publicAnswer(t, 'wrong-request-id')
  assert.notEqual(answer.payload?.requestId?.requestId, id)
})

test('user answers can be made wrong in one respect', async t => {
  for (const [fault, count] of [
    ['wrong-count', 0],
    ['wrong-type', 1],
    ['wrong-request-id', 1],
  ] as const) {
    const { client } = await start(t, { faults: { onCompute: () => fault } })
    const request = userRequest()
    await client.userDecrypt(request)
    const { payload } = await client.getUserDecryptionResult(request.requestId)
    assert.equal(payload?.signcryptedCiphertexts.length, count)
  }
})

test('polls can answer garbage, too much, or any status', async t => {
  const garbled = nextId(1n)
  const padded = nextId(1n)
  const tooLong = nextId(1n)
  const aborted = nextId(1n)
  const faults = new Map<string, PollFault>([
    [garbled, { kind: 'garbage' }],
    [padded, { kind: 'over-long', bytes: 1000 }],
    [tooLong, { kind: 'over-long', bytes: 101 << 20 }],
    [aborted, { kind: 'refuse', code: Code.Aborted }],
  ])
  const { client } = await start(t, { faults: { onPoll: id => faults.get(id) } })
  const poll = async (id: string) => {
    const request = publicRequest(id)
    await client.publicDecrypt(request)
    return await codeOf(client.getPublicDecryptionResult(request.requestId))
  }
  assert.equal(await poll(padded), undefined)
  assert.equal(await poll(aborted), Code.Aborted)
  assert.notEqual(await poll(garbled), undefined)
  assert.equal(await poll(tooLong), Code.ResourceExhausted)
  assert.equal(await poll(nextId(1n)), undefined)
})

test('submits can be refused with any status, without using up the id', async t => {
  let refusals = 1
  const { client } = await start(t, {
    faults: { onSubmit: () => (refusals-- > 0 ? Code.ResourceExhausted : undefined) },
  })
  const request = publicRequest()
  assert.equal(await codeOf(client.publicDecrypt(request)), Code.ResourceExhausted)
  await client.publicDecrypt(request)
})
