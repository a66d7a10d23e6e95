import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ConnectorError, decodeOutcome, encodeBody, type RequestId } from '@kms-connector/protocol'
import {
  DEAD_LETTERS,
  deadReason,
  newestMessage,
  OUTCOMES,
  outcomeSubject,
  publishDeadLetter,
  publishOnce,
  requestStream,
  requestSubject,
  type StoredMessage,
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

const cli = (...args: string[]) => runCli(args, { KMS_CONNECTOR_NATS_URL: bench.server.url })
const stored = (id: RequestId, rerun?: number) =>
  newestMessage(bench.broker, STREAM, requestSubject(OPERATION, id, rerun))
const depth = async () => (await streamIdentity(bench.broker, DEAD_LETTERS)).messages

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`)
    await pause(20)
  }
}

/** Buries a request as a worker does. */
async function bury(message: StoredMessage, code: 'CORE_REFUSED' | 'CORE_FAILED' = 'CORE_REFUSED'): Promise<void> {
  const { stream, seq, subject, headers, body, storedAt: firstStoredAt } = message
  const [, , operation = '', key = ''] = subject.split('.')
  const reason = deadReason(new ConnectorError(code, 'the key does not exist'))
  const source = { stream, seq, subject, attempts: 3, firstStoredAt }
  await publishDeadLetter(bench.broker, {
    ...reason,
    stage: 'kms-worker',
    operation,
    key,
    source,
    headers,
    body,
    history: [],
  })
}

async function buried(code?: 'CORE_FAILED'): Promise<RequestId> {
  const id = freshId(OPERATION)
  await bench.pipeline.request(OPERATION, id)
  const message = await stored(id)
  assert.ok(message)
  await bury(
    { ...message, headers: { ...message.headers, traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` } },
    code,
  )
  return id
}

test('a request that a worker gave up is published as .r1 with its trace, and only then its letter goes', async () => {
  const id = await buried()
  const dry = await cli('dlq', 'replay', id, '--dry-run')
  assert.match(
    dry.out,
    new RegExp(`would be published as ${requestSubject(OPERATION, id, 1).replaceAll('.', '\\.')}\n1 to replay`),
  )
  assert.equal(await stored(id, 1), undefined)
  assert.equal(await depth(), 1)
  const { code, out, err } = await cli('dlq', 'replay', id)
  assert.equal(code, 0, err)
  assert.match(out, /1 replayed, 0 overtaken, 0 kept/)
  const rerun = await stored(id, 1)
  assert.deepEqual(rerun?.body, (await stored(id))?.body)
  assert.equal(rerun?.headers['traceparent'], `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`)
  assert.equal(rerun?.headers['Nats-Msg-Id'], `${id}.r1`)
  assert.equal(await depth(), 0)
  assert.equal((await cli('dlq', 'replay', id)).code, 1, 'there is nothing left to replay')
  await bury(rerun)
  assert.match((await cli('dlq', 'replay', id)).out, /\.r2\n1 replayed/)
  assert.ok(await stored(id, 2))
})

test('killed between the replay and the removal of the letter, the next replay only removes it', async () => {
  const id = await buried()
  const message = await stored(id)
  assert.ok(message)
  await publishOnce(bench.broker, requestSubject(OPERATION, id, 1), message.body, { msgId: `${id}.r1` })
  const { code, out } = await cli('dlq', 'replay', '--all')
  assert.equal(code, 0)
  assert.match(out, /only removed, it was published again already, as \.r1\n0 replayed, 1 overtaken, 0 kept/)
  assert.equal(await stored(id, 2), undefined)
  assert.equal(await depth(), 0)
})

test('two operators who replay the same letters at once make one re-run of each', async () => {
  const ids = [await buried(), await buried(), await buried()]
  const both = await Promise.all([cli('dlq', 'replay', '--all'), cli('dlq', 'replay', '--all')])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  for (const id of ids) {
    assert.ok(await stored(id, 1))
    assert.equal(await stored(id, 2), undefined)
  }
  assert.equal(await depth(), 0)
})

test('--reason replays the letters of one fault', async () => {
  const [refused, failed] = [await buried(), await buried('CORE_FAILED')]
  assert.match((await cli('dlq', 'replay', '--reason', 'core_failed')).out, /1 replayed/)
  assert.ok(await stored(failed, 1))
  assert.equal(await stored(refused, 1), undefined)
  await cli('dlq', 'replay', '--all')
})

test('what was answered since is not computed again', async () => {
  const id = await buried()
  await bench.pipeline.answer(OPERATION, id)
  assert.match((await cli('dlq', 'replay', id)).out, /only removed, it has an answer already/)
  assert.equal(await stored(id, 1), undefined)
})

test('a log that this build cannot decode stays, with the reason; the exit code says so', async () => {
  const log = {
    address: `0x${'11'.repeat(20)}`,
    topics: [`0x${'22'.repeat(32)}`],
    data: '0x',
    blockNumber: 5,
    blockHash: `0x${'33'.repeat(32)}`,
    transactionHash: `0x${'44'.repeat(32)}`,
    logIndex: 0,
  }
  const about = {
    stage: 'gw-listener',
    operation: 'public-decryption',
    key: 'tx-0',
    source: undefined,
    headers: {},
    history: [],
  }
  const error = deadReason(new ConnectorError('LOG_UNDECODABLE', 'odd'))
  await publishDeadLetter(bench.broker, { ...about, ...error, body: encodeBody({ v: 1, log }) })
  const bare = await cli('dlq', 'replay', 'tx-0')
  assert.equal(bare.code, 2)
  assert.match(bare.out, /kept, gateway_chain_id is missing/)
  const env = { KMS_CONNECTOR_NATS_URL: bench.server.url, KMS_CONNECTOR_GATEWAY_CHAIN_ID: '54321' }
  const { code, out } = await runCli(['dlq', 'replay', 'tx-0'], env)
  assert.equal(code, 2)
  assert.match(out, /kept, this build knows no such event\n0 replayed, 0 overtaken, 1 kept/)
  assert.match(
    (await cli('dlq', 'show', 'tx-0')).out,
    /a log of the Gateway that became no request[\s\S]*"blockNumber": 5/,
  )
  assert.equal((await cli('dlq', 'drop', 'tx-0', '--reason', 'foreign')).code, 0)
})

test('show prints the whole letter; what nobody knows ends with 1', async () => {
  const id = await buried()
  const { out } = await cli('dlq', 'show', String(BigInt(`0x${id}`)))
  for (const word of [
    'CORE_REFUSED',
    'The KMS Core refused',
    'traceparent',
    '"materials"',
    '3 attempts',
    'ab'.repeat(16),
  ])
    assert.ok(out.includes(word), word)
  assert.equal((await cli('dlq', 'show', '999999')).code, 1)
  const [letter] = JSON.parse((await cli('dlq', 'show', id, '--json')).out)
  assert.equal(JSON.parse(letter.body).id, id)
})

test('drop wants a reason, keeps it with the outcome, and removes the letter', async () => {
  const { chosen } = { chosen: await depth() }
  assert.equal(chosen, 1)
  const [letter] = JSON.parse((await cli('dlq', 'ls', '--json')).out).groups[0].letters
  assert.equal((await cli('dlq', 'drop', String(letter.seq))).code, 1)
  assert.equal((await cli('dlq', 'drop', String(letter.seq), '--reason', 'asked for by mistake')).code, 0)
  assert.equal(await depth(), 0)
  const outcome = await newestMessage(bench.broker, OUTCOMES, outcomeSubject(OPERATION, letter.key))
  const { status, reason, note } = decodeOutcome(outcome?.body ?? new Uint8Array())
  assert.deepEqual([status, reason, note], ['dead', 'CORE_REFUSED', 'asked for by mistake'])
})

test('replay has a request computed again, unless it is answered or not kept', async () => {
  const id = freshId(OPERATION)
  const missing = await cli('replay', id)
  assert.equal(missing.code, 2)
  assert.match(missing.err, /does not hold.*\n.*backfill/)
  await bench.pipeline.request(OPERATION, id)
  assert.match((await cli('replay', id)).out, /\.r1\n/)
  assert.match((await cli('replay', `0x${id}`)).out, /\.r2\n/)
  await bench.pipeline.answer(OPERATION, id)
  const answered = await cli('replay', id)
  assert.equal(answered.code, 2)
  assert.match(answered.err, /answered already.*the sender has its answer/)
  assert.match((await cli('replay', id, '--force')).out, /\.r3\n/)
  assert.equal((await cli('replay', 'nonsense')).code, 1)
})

test('a request that workers give up, replayed while they run, is worked on again', async () => {
  const id = freshId(OPERATION)
  await bench.pipeline.request(OPERATION, id)
  const working = bench.pipeline.work(OPERATION)
  const delivered = async () => (await bench.broker.manager.consumers.info(STREAM, 'kms-worker')).delivered.stream_seq
  const taken = async (rerun?: number) => (await delivered()) >= ((await stored(id, rerun))?.seq ?? Infinity)
  try {
    await until('the request to be held', async () => (await taken()) && bench.pipeline.holds(OPERATION, id))
    bench.pipeline.refuse(OPERATION, id)
    await until('the letter', async () => (await depth()) > 0)
    assert.equal((await cli('dlq', 'replay', id)).code, 0)
    await until('the re-run to be taken', () => taken(1))
  } finally {
    await working.stop(500)
  }
})
