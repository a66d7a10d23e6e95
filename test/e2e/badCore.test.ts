import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Code } from '@connectrpc/connect'
import { type ErrorCode, type RequestId, requestIdOf } from '@kms-connector/protocol'
import type { ComputeFault, CoreWork, Faults, PollFault } from '../../apps/devnet/src/core/index.ts'
import type { RequestKind } from '../../apps/devnet/src/workload/index.ts'
import { PipelineBench, small } from './pipelineBench.ts'

interface Misbehaviour {
  readonly what: string
  readonly kind: RequestKind
  readonly submit?: Code
  readonly compute?: ComputeFault
  readonly poll?: PollFault
  readonly ends: ErrorCode
}

const MIB = 1 << 20

/** Most are never worth another try; a wrong signer may be one that is being changed, so its budget decides. */
const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { what: 'the signature of another key', kind: 'public', compute: 'wrong-signer', ends: 'CORE_SIGNATURE_INVALID' },
  { what: 'a signature of 64 bytes', kind: 'public', compute: 'short-signature', ends: 'CORE_SIGNATURE_INVALID' },
  { what: 'the id of another request', kind: 'public', compute: 'wrong-request-id', ends: 'CORE_ANSWER_INVALID' },
  { what: 'too few plaintexts', kind: 'public', compute: 'wrong-count', ends: 'CORE_ANSWER_INVALID' },
  { what: 'a plaintext of another type', kind: 'public', compute: 'wrong-type', ends: 'CORE_ANSWER_INVALID' },
  { what: 'bytes that are no message', kind: 'public', poll: { kind: 'garbage' }, ends: 'CORE_ANSWER_INVALID' },
  {
    what: 'an over-long message',
    kind: 'public',
    poll: { kind: 'over-long', bytes: 101 * MIB },
    ends: 'CORE_ANSWER_INVALID',
  },
  { what: 'a failed computation', kind: 'public', compute: 'fail', ends: 'CORE_FAILED' },
  { what: 'a refusal', kind: 'public', submit: Code.InvalidArgument, ends: 'CORE_REFUSED' },
  {
    what: 'the signature of another key for a user',
    kind: 'user',
    compute: 'wrong-signer',
    ends: 'CORE_SIGNATURE_INVALID',
  },
  { what: 'too few shares for a user', kind: 'user', compute: 'wrong-count', ends: 'CORE_ANSWER_INVALID' },
  { what: 'a share of another type for a user', kind: 'user', compute: 'wrong-type', ends: 'CORE_ANSWER_INVALID' },
]

/** The Gateway counts the requests of each kind from 1, so that ids are known before they are placed. */
function idOf(kind: RequestKind, serial: number): RequestId {
  return requestIdOf(((kind === 'public' ? 1n : 2n) << 248n) + BigInt(serial))
}

const numbered = MISBEHAVIOURS.map((misbehaviour, index) => {
  const before = MISBEHAVIOURS.slice(0, index).filter(({ kind }) => kind === misbehaviour.kind).length
  return { ...misbehaviour, id: idOf(misbehaviour.kind, before + 1) }
})
const byId = new Map(numbered.map(entry => [entry.id, entry]))
/** Ids that the Core turns away twice before it takes them. */
const busy = new Map<RequestId, number>()

const faults: Faults = {
  onSubmit(id: RequestId, _work: CoreWork) {
    const left = busy.get(id) ?? 0
    busy.set(id, left - 1)
    return left > 0 ? Code.ResourceExhausted : byId.get(id)?.submit
  },
  onCompute: id => byId.get(id)?.compute,
  onPoll: id => byId.get(id)?.poll,
}

let bench: PipelineBench

before(async () => {
  bench = await PipelineBench.start({
    workers: 1,
    coreFaults: faults,
    worker: { MAX_DECRYPTION_ATTEMPTS: '4', MAX_DECRYPTION_AGE: '3s' },
  })
  // One after the other: the order decides the ids.
  for (const { kind, id } of numbered) {
    const [placed] = await bench.place([small(kind)])
    assert.equal(placed?.id, id)
  }
})
after(() => bench?.stop())

for (const { what, kind, id, ends } of numbered) {
  test(`a Core that answers with ${what} ends in a dead letter: ${ends}`, async () => {
    const dead = await bench.expectDead(kind, id)
    assert.equal(dead.stage, 'kms-worker')
    assert.equal(dead.code, ends)
    await bench.watch.poll()
    assert.equal(bench.watch.isAnswered(id), false)
  })
}

test('a busy Core is asked again', async () => {
  const next = numbered.filter(({ kind }) => kind === 'public').length + 1
  const id = idOf('public', next)
  busy.set(id, 2)
  const [placed] = await bench.request([small('public', 99n)])
  assert.equal(placed?.id, id)
  await bench.expectRetry(id, 'CORE_BUSY')
  await bench.expectAnswered([placed])
})

test('everything else keeps being answered, exactly once', async () => {
  await bench.expectAnswered(await bench.request([small('public', 1n), small('user', 2n), small('delegated', 3n)]))
  await bench.expectExactlyOnce()
})
