import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { BODY_VERSION, encodeBody, type RequestId } from '@kms-connector/protocol'
import {
  KeyValue,
  newestMessage,
  RESPONSES,
  requestStream,
  requestSubject,
  SENDER_BUCKET,
  streamIdentity,
} from '@kms-connector/streams'
import { freshId, TABLE } from '../request-status/pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from '../request-status/pipelineBroker.ts'
import { runCli } from './runCli.ts'

const OPERATION = TABLE.named('public-decryption')
const STREAM = requestStream(OPERATION)
const PATIENCE_MS = 60_000

let bench: PipelineBroker
before(async () => {
  bench = await startPipelineBroker()
})
after(() => bench?.stop())

const cli = (...args: string[]) => runCli(['reconcile', ...args], { KMS_CONNECTOR_NATS_URL: bench.server.url })
const rerunOf = (id: RequestId, rerun: number) =>
  newestMessage(bench.broker, STREAM, requestSubject(OPERATION, id, rerun))

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`)
    await pause(20)
  }
}

/** Takes the next message away from the workers, as a faulty one might, and does something else than answering. */
async function take(what: 'ack' | 'hold'): Promise<void> {
  const consumer = await bench.broker.jetstream.consumers.get(STREAM, 'kms-worker')
  const message = await consumer.next({ expires: 5_000 })
  assert.ok(message)
  if (what === 'ack') assert.ok(await message.ackAck())
}

test('what waits and what is held is no loss; what was acknowledged without an answer is', async () => {
  const [acked, held, waiting] = [freshId(OPERATION), freshId(OPERATION), freshId(OPERATION)]
  for (const id of [acked, held, waiting]) await bench.pipeline.request(OPERATION, id)
  assert.equal((await cli('--age', '1ms')).code, 0, 'nothing was delivered yet')
  await take('ack')
  await take('hold')
  const why = await runCli(['why', acked, '--json'], { KMS_CONNECTOR_NATS_URL: bench.server.url })
  assert.equal(why.code, 2)
  assert.equal(JSON.parse(why.out).code, 'REQUEST_LOST')
  const dry = await cli('--age', '1ms', '--dry-run')
  assert.equal(dry.code, 2)
  assert.match(
    dry.out,
    new RegExp(`^1 lost, 2 unanswered, 0 answers without an outcome\n[^\n]*\npublic-decryption\t${acked}\t`),
  )
  assert.equal(await rerunOf(acked, 1), undefined, 'a dry run changes nothing')
  assert.equal((await cli('--age', '1h')).code, 0, 'what is young is left alone')
  const both = await Promise.all([cli('--age', '1ms'), cli('--age', '1ms')])
  assert.ok(both.every(({ out }) => out.startsWith('1 lost')))
  assert.deepEqual(
    (await rerunOf(acked, 1))?.body,
    (await newestMessage(bench.broker, STREAM, requestSubject(OPERATION, acked)))?.body,
  )
  assert.equal(await rerunOf(acked, 2), undefined, 'two at once publish the same re-run')
  for (const id of [held, waiting]) assert.equal(await rerunOf(id, 1), undefined)
})

test('above the floor, what is lost shows as soon as fewer are held than unanswered', async () => {
  // The floor stays at the message that is held; behind it one is acknowledged without an answer.
  await take('ack')
  const { out } = await cli('--age', '1ms', '--json')
  const { lost } = JSON.parse(out)
  assert.equal(lost.length, 2, 'held and lost look alike, and running the held one again does no harm')
})

test('an answer behind the checkpoint without an outcome is named', async () => {
  const id = freshId(OPERATION)
  await bench.pipeline.answer(OPERATION, id)
  const { lastSeq: seq, created } = await streamIdentity(bench.broker, RESPONSES)
  assert.doesNotMatch((await cli('--age', '1h')).out, /no outcome:/, 'the sender is not through with it')
  await new KeyValue(bench.broker, SENDER_BUCKET).create('checkpoint', encodeBody({ v: BODY_VERSION, seq, created }))
  const found = await cli('--age', '1h')
  assert.equal(found.code, 2)
  assert.match(found.out, new RegExp(`no outcome: RESPONSES ${seq} kms\\.response\\.public-decryption\\.${id}`))
  await bench.pipeline.settle(OPERATION, id, { status: 'confirmed' })
  await until('the end of the alarm', async () => (await cli('--age', '1h')).code === 0)
})
