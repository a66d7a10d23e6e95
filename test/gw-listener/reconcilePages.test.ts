import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BODY_VERSION, encodeBody, type RequestId } from '@kms-connector/protocol'
import {
  KeyValue,
  outcomeSubject,
  RESPONSES,
  requestStream,
  SENDER_BUCKET,
  streamIdentity,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import { Reconciler } from '../../apps/gw-listener/src/reconciler.ts'
import { freshId, TABLE } from '../request-status/pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from '../request-status/pipelineBroker.ts'

// Pages that are long enough to be compared with the other stream at once, with exceptions among them.
const OPERATION = TABLE.named('public-decryption')
const REQUESTS = 60
const LONG = 1e12

let bench: PipelineBroker
before(async () => {
  bench = await startPipelineBroker()
})
after(() => bench?.stop())

const look = () => {
  const reconciler = new Reconciler(bench.broker, TABLE.all, { ageMs: 0, provenMs: LONG, outcomeAgeMs: LONG })
  return reconciler.look(AbortSignal.timeout(20_000), false)
}

async function acknowledgeAll(count: number): Promise<void> {
  const consumer = await bench.broker.jetstream.consumers.get(requestStream(OPERATION), WORKER_CONSUMER)
  for (let taken = 0; taken < count; taken++) {
    const message = await consumer.next({ expires: 5_000 })
    assert.ok(message && (await message.ackAck()))
  }
}

async function passedBySender(): Promise<void> {
  const { lastSeq: seq, created } = await streamIdentity(bench.broker, RESPONSES)
  const bucket = new KeyValue(bench.broker, SENDER_BUCKET)
  const now = await bucket.get('checkpoint')
  const value = encodeBody({ v: BODY_VERSION, seq, created })
  await (now ? bucket.update('checkpoint', value, now.revision) : bucket.create('checkpoint', value))
}

test('among many answered requests the one without an answer is lost, and the one that died or was answered late is not', async () => {
  const ids = Array.from({ length: REQUESTS }, () => freshId(OPERATION))
  const [lost, died, late] = [ids[20], ids[30], ids[40]] as [RequestId, RequestId, RequestId] // CAST: sixty of them
  for (const id of ids) await bench.pipeline.request(OPERATION, id)
  await acknowledgeAll(REQUESTS)
  for (const id of ids) if (![lost, died, late].includes(id)) await bench.pipeline.answer(OPERATION, id)
  await bench.pipeline.answer(OPERATION, late)
  await bench.pipeline.settle(OPERATION, died, { status: 'dead', reason: 'CORE_REFUSED' })
  const finding = await look()
  assert.deepEqual(
    finding.lost.map(({ request }) => request.id),
    [lost],
  )
  assert.equal(finding.open.get(OPERATION.name), 1)
  await bench.pipeline.answer(OPERATION, lost)
  assert.deepEqual((await look()).lost, [])
})

test('among many settled answers the ones without an outcome, or with an older one only, are named', async () => {
  const ids = Array.from({ length: REQUESTS }, () => freshId(OPERATION))
  const [missing, older] = [ids[25], ids[35]] as [RequestId, RequestId] // CAST: sixty of them
  await bench.broker.jetstream.publish(outcomeSubject(OPERATION, older), 'of an earlier answer')
  for (const id of ids) await bench.pipeline.answer(OPERATION, id)
  for (const id of ids)
    if (id !== missing && id !== older) await bench.pipeline.settle(OPERATION, id, { status: 'confirmed' })
  await passedBySender()
  const named = async () => {
    const subjects = (await look()).unsettled.map(({ subject }) => subject.split('.')[3])
    return subjects.filter(id => ids.some(each => each === id))
  }
  assert.deepEqual(await named(), [missing, older])
  await bench.pipeline.settle(OPERATION, missing, { status: 'confirmed' })
  assert.deepEqual(await named(), [older])
})
