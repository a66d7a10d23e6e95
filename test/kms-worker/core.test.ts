import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Code } from '@connectrpc/connect'
import type { Request, RequestId } from '@kms-connector/protocol'
import { type ComputeFault, type Faults, type PollFault, startCore } from '../../apps/devnet/src/core/index.ts'
import { impatient, logOf, openBench, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

/** A small public decryption that could be answered. */
const ask = async (): Promise<Request> => world.publicRequest([await world.ciphertext()])

const wrongAnswers: readonly [ComputeFault | PollFault, string][] = [
  ['wrong-request-id', 'CORE_ANSWER_INVALID'],
  ['wrong-count', 'CORE_ANSWER_INVALID'],
  ['wrong-type', 'CORE_ANSWER_INVALID'],
  ['fail', 'CORE_FAILED'],
  ['wrong-signer', 'CORE_SIGNATURE_INVALID'],
  ['short-signature', 'CORE_SIGNATURE_INVALID'],
  [{ kind: 'garbage' }, 'CORE_ANSWER_INVALID'],
  [{ kind: 'over-long', bytes: 101 << 20 }, 'CORE_ANSWER_INVALID'],
]

test('wrong answers are never published and end by the rule of their error; nothing is held by them', async t => {
  const compute = new Map<RequestId, ComputeFault>()
  const polls = new Map<RequestId, PollFault>()
  const faults: Faults = { onCompute: id => compute.get(id), onPoll: id => polls.get(id) }
  const bench = await openBench(t, world, { faults })
  await bench.worker(impatient(2))
  const asked: [RequestId, string][] = []
  for (const [fault, code] of wrongAnswers) {
    const request = await ask()
    if (typeof fault === 'string') compute.set(request.id, fault)
    else polls.set(request.id, fault)
    await bench.publish(request)
    asked.push([request.id, code])
  }
  const good = await ask()
  await bench.publish(good)
  await bench.answered(good)
  for (const [id, code] of asked) assert.equal((await bench.buried(id)).code, code)
  assert.equal(await bench.responses(), 1)
})

test('a request that is never answered goes back to the stream and holds no other', async t => {
  const silent = new Set<RequestId>()
  const bench = await openBench(t, world, {
    longPollMs: 300,
    faults: { onCompute: id => (silent.has(id) ? 'never-answer' : undefined) },
  })
  const worker = await bench.worker({ GRPC_POLL_BUDGET: '1s', MAX_IN_FLIGHT: '2' })
  const stuck = await ask()
  silent.add(stuck.id)
  await bench.publish(stuck)
  await until('it is pending', async () => (await logOf(worker)).includes('CORE_PENDING'))
  const good = [await ask(), await ask(), await ask()]
  for (const request of good) await bench.publish(request)
  for (const request of good) await bench.answered(request)
  assert.deepEqual(await bench.letters(), [])
})

const refusals = [
  ['RESOURCE_EXHAUSTED', Code.ResourceExhausted, 'CORE_BUSY'],
  ['ABORTED', Code.Aborted, 'CORE_BUSY'],
  ['NOT_FOUND', Code.NotFound, 'CORE_KEY_MISSING'],
  ['FAILED_PRECONDITION', Code.FailedPrecondition, 'CORE_NOT_READY'],
] as const

test('a Core that refuses for now is asked again until it accepts', async t => {
  const left = new Map<RequestId, Code>()
  const onSubmit = (id: RequestId): Code | undefined => {
    const code = left.get(id)
    left.delete(id)
    return code
  }
  const bench = await openBench(t, world, { faults: { onSubmit } })
  const worker = await bench.worker()
  const requests: Request[] = []
  for (const [, code] of refusals) {
    const request = await ask()
    left.set(request.id, code)
    await bench.publish(request)
    requests.push(request)
  }
  for (const request of requests) await bench.answered(request)
  const log = await logOf(worker)
  for (const [status, , code] of refusals) assert.ok(log.includes(code), `${status} is ${code}`)
})

test('an invalid request is given up at once', async t => {
  const refused = new Set<RequestId>()
  const onSubmit = (id: RequestId) => (refused.has(id) ? Code.InvalidArgument : undefined)
  const bench = await openBench(t, world, { faults: { onSubmit } })
  await bench.worker()
  const request = await ask()
  refused.add(request.id)
  await bench.publish(request)
  const letter = await bench.buried(request.id)
  assert.deepEqual([letter.code, letter.source?.attempts], ['CORE_REFUSED', 1])
})

test('a Core that is down is waited for, and one that forgets everything gets the request again', async t => {
  const submitted = new Set<RequestId>()
  const never: Faults = {
    onCompute(id) {
      submitted.add(id)
      return 'never-answer'
    },
  }
  const bench = await openBench(t, world, { faults: never })
  const worker = await bench.worker()
  const request = await ask()
  await bench.publish(request)
  await until('it is submitted', async () => submitted.has(request.id))
  const port = Number(new URL(bench.core.url).port)
  await bench.core.stop()
  const later = await ask()
  await bench.publish(later)
  await until('the second one meets a Core that is down', async () =>
    (await logOf(worker)).includes('CORE_UNAVAILABLE'),
  )
  const again = await startCore({ ...world.coreOptions, port })
  t.after(() => again.stop())
  await bench.answered(request)
  await bench.answered(later)
  assert.equal(await bench.responses(), 2)
})
