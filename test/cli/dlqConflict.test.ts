import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ConnectorError, decodeRequest, encodeRequest, type RequestId } from '@kms-connector/protocol'
import {
  DEAD_LETTERS,
  deadReason,
  newestMessage,
  publishDeadLetter,
  RESPONSES,
  removeMessage,
  requestStream,
  requestSubject,
  responseSubject,
  streamIdentity,
} from '@kms-connector/streams'
import { freshId, HASH, ORIGIN, TABLE } from '../request-status/pipeline.ts'
import { type PipelineBroker, startPipelineBroker } from '../request-status/pipelineBroker.ts'
import { runCli } from './runCli.ts'

const OPERATION = TABLE.named('public-decryption')
const STREAM = requestStream(OPERATION)
const OTHER_BLOCK = `0x${'ee'.repeat(32)}` as const

let bench: PipelineBroker
before(async () => {
  bench = await startPipelineBroker()
})
after(() => bench?.stop())

const cli = (...args: string[]) => runCli(['dlq', 'replay', ...args], { KMS_CONNECTOR_NATS_URL: bench.server.url })
const stored = (id: RequestId, rerun?: number) =>
  newestMessage(bench.broker, STREAM, requestSubject(OPERATION, id, rerun))

/** Two requests with one id, as a reorganisation makes them: the first on its stream, the second a letter of the listener. */
async function conflict(): Promise<{ readonly id: RequestId; readonly letter: string }> {
  const id = freshId(OPERATION)
  await bench.pipeline.request(OPERATION, id)
  const first = await stored(id)
  assert.ok(first)
  const { payload } = decodeRequest(TABLE, first.body)
  const origin = { ...ORIGIN, blockHash: OTHER_BLOCK }
  const body = encodeRequest({ operation: OPERATION, id, origin, payload: { ...Object(payload), extraData: '0x01' } })
  const error = deadReason(new ConnectorError('REQUEST_CONFLICT', 'came again with another payload'))
  const about = { stage: 'gw-listener', operation: OPERATION.name, key: `${id}-${HASH.slice(2, 34)}` }
  await publishDeadLetter(bench.broker, { ...error, ...about, source: undefined, headers: {}, body, history: [] })
  return { id, letter: String((await streamIdentity(bench.broker, DEAD_LETTERS)).lastSeq) }
}

const isKept = async (letter: string) =>
  (await runCli(['dlq', 'show', letter], { KMS_CONNECTOR_NATS_URL: bench.server.url })).code === 0

test('the second of two requests with one id is replayed by force while the first has no answer', async () => {
  const { id, letter } = await conflict()
  const asked = await cli(letter)
  assert.equal(asked.code, 2)
  assert.match(asked.out, /kept, another request with its id came first.*--force/)
  const { code, out } = await cli(letter, '--force')
  assert.equal(code, 0)
  assert.match(out, /\.r1\n1 replayed/)
  const rerun = await stored(id, 1)
  assert.ok(rerun)
  assert.equal(decodeRequest(TABLE, rerun.body).origin.blockHash, OTHER_BLOCK)
  assert.equal(await isKept(letter), false)
})

test('once the first is answered, force keeps the letter and says what to do: no other answer could be stored', async () => {
  const { id, letter } = await conflict()
  await bench.pipeline.answer(OPERATION, id)
  const { code, out } = await cli(letter, '--force')
  assert.equal(code, 2)
  assert.match(out, /kept, the request that came first is answered.*REQUEST_CONFLICT in docs\/operations\.md/)
  assert.equal(await stored(id, 1), undefined)
  assert.ok(await isKept(letter))

  const answer = await newestMessage(bench.broker, RESPONSES, responseSubject(OPERATION, id))
  assert.ok(answer)
  await removeMessage(bench.broker, RESPONSES, answer.seq)
  assert.match((await cli(letter, '--force')).out, /\.r1\n1 replayed/)
  assert.ok(await stored(id, 1))
})
