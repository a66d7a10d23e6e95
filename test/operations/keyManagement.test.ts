import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { Code } from '@connectrpc/connect'
import { encodeRequest, PRSS_INIT_ID, type RequestId, requestIdOf } from '@kms-connector/protocol'
import { messageId, publishOnce, RESPONSES, requestSubject } from '@kms-connector/streams'
import type { CoreOptions } from '../../apps/devnet/src/core/index.ts'
import { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { codeOf, connect, idMessage } from '../core/coreClient.ts'
import { until } from '../kms-worker/workerBench.ts'
import { startWorld, type World } from '../kms-worker/world.ts'
import { KeyNode } from './keyNode.ts'
import { RecordingCore } from './recordingCore.ts'

const idOf = (type: bigint): RequestId => requestIdOf((type << 248n) + 1n)
/** Each test has a contract of its own, whose first ids these are. */
const [PREP, KEY, CRS, RESHARE] = [idOf(3n), idOf(4n), idOf(5n), idOf(6n)]
const KEY_ID = (4n << 248n) + 1n
const WORKER_MAIN = new URL('../../apps/kms-worker/src/main.ts', import.meta.url).pathname
const SETTLED = 'kms_connector_worker_requests_settled_total'
const PREPARED = 'kms_connector_sender_preparations_total'
/** Runtime code that reverts without a word. */
const REVERTING = '0x60006000fd'

let world: World

before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

async function open(
  t: TestContext,
  options: Partial<CoreOptions> = {},
): Promise<{ core: RecordingCore; node: KeyNode }> {
  const core = await RecordingCore.start(t, world, options)
  const node = await KeyNode.open(world, { coreUrl: core.url })
  t.after(() => node.stop())
  return { core, node }
}

async function names(node: KeyNode): Promise<string[]> {
  return (await node.events()).map(({ eventName }) => eventName)
}

test('prep-keygen, keygen and crsgen are answered, agreed on and activated, each once', async t => {
  const { core, node } = await open(t)
  await node.startAll()
  await node.order('keygen', [1])
  await node.emitted('ActivateKey')
  await node.order('crsgenRequest', [256n, 1])
  await node.emitted('ActivateCrs')

  const confirmed = [
    ['prep-keygen', PREP, 'PrepKeygenResponse'],
    ['keygen', KEY, 'KeygenResponse'],
    ['crsgen', CRS, 'CrsgenResponse'],
  ] as const
  for (const [operation, id, event] of confirmed) {
    const { status, transactionHash } = await node.outcome(operation, id)
    const [answer] = await node.emitted(event)
    assert.deepEqual([status, transactionHash], ['confirmed', answer?.transactionHash], operation)
  }
  assert.deepEqual(await names(node), [
    'PrepKeygenRequest',
    'PrepKeygenResponse',
    'KeygenRequest',
    'KeygenResponse',
    'ActivateKey',
    'CrsgenRequest',
    'CrsgenResponse',
    'ActivateCrs',
  ])
  assert.deepEqual(core.submits, [`keygen_preproc ${PREP}`, `keygen ${KEY}`, `crs_gen ${CRS}`])
  assert.equal(await node.count(RESPONSES), 3)
  assert.deepEqual([await node.read('getActiveKeyId'), await node.read('getActiveCrsId')], [KEY_ID, BigInt(`0x${CRS}`)])
})

test('PRSSInit and KeyReshareSameSet reach the Core and are completed without a transaction', async t => {
  const { core, node } = await open(t, { notServingUntilInit: true })
  const client = connect(t, core)
  await node.startAll()
  await node.order('prssInit')
  assert.equal((await node.outcome('prss-init', PRSS_INIT_ID)).status, 'completed')
  assert.equal(await codeOf(client.init({ requestId: idMessage(PRSS_INIT_ID) })), Code.AlreadyExists)

  await node.order('keygen', [1])
  await node.emitted('ActivateKey')
  const nonce = await node.nonce()
  // The event has no id, so the second one is the first one again.
  await node.order('prssInit')
  await node.order('keyReshareSameSet', [KEY_ID])
  assert.equal((await node.outcome('key-reshare', RESHARE)).status, 'completed')
  const reshared = await client.getResharingResult(idMessage(RESHARE))
  assert.deepEqual([reshared.keyId?.requestId, reshared.preprocessingId?.requestId], [KEY, PREP])
  assert.equal(await node.nonce(), nonce)
  assert.deepEqual([await node.count('PRSS_INIT'), await node.count('KEY_RESHARE')], [1, 1])
  // One by the event and one by this test.
  assert.deepEqual([core.count('init', PRSS_INIT_ID), core.count('resharing', RESHARE)], [2, 1])
})

test('a PRSSInit of a Core that is initialised already is completed, too', async t => {
  const { core, node } = await open(t)
  await connect(t, core).init({ requestId: idMessage(PRSS_INIT_ID) })
  await node.startAll()
  await node.order('prssInit')
  assert.equal((await node.outcome('prss-init', PRSS_INIT_ID)).status, 'completed')
  assert.equal(core.count('init', PRSS_INIT_ID), 2)
})

test('a keygen waits until its preprocessing is agreed on, and goes on then', async t => {
  const { core, node } = await open(t)
  await node.start('listener')
  const worker = await node.start('worker')
  await node.order('keygen', [1])
  const prep = await until('the preprocessing is answered', () => node.response('prep-keygen', PREP))
  // As on a fork of the chain that had the consensus: the contract itself does not keep this order.
  const keygen = {
    operation: node.table.named('keygen'),
    id: KEY,
    origin: prep.origin,
    payload: { prepKeygenId: BigInt(`0x${PREP}`) },
  }
  await publishOnce(node.broker, requestSubject(keygen.operation, KEY), encodeRequest(keygen), {
    msgId: messageId(KEY),
  })
  const pending = { operation: 'keygen', settlement: 'nak', code: 'PREREQUISITE_PENDING' }
  await until('it waits', async () => (await worker.counted(SETTLED, pending)) > 0)
  assert.equal(core.count('keygen', KEY), 0)

  await node.start('sender')
  await node.emitted('ActivateKey')
  assert.equal(core.count('keygen', KEY), 1)
  assert.deepEqual(await node.letters(), [])
})

test('a Core that restarts during a preprocessing gets it again', async t => {
  const { core, node } = await open(t)
  core.spoil = () => 'never-answer'
  await node.startAll()
  await node.order('keygen', [1])
  await core.submitted('keygen_preproc', PREP)
  core.spoil = () => undefined
  await core.restart()
  await node.emitted('ActivateKey')
  assert.equal(core.count('keygen_preproc', PREP), 2)
  assert.equal((await node.outcome('prep-keygen', PREP)).status, 'confirmed')
})

test('a worker that is killed during a preprocessing leaves it to the next one, and the Core computes it once', async t => {
  const { core, node } = await open(t)
  core.withhold = work => work === 'keygen_preproc'
  await node.start('listener')
  await node.start('sender')
  const worker = await ServiceProcess.spawn({
    name: 'worker',
    entry: WORKER_MAIN,
    args: ['start'],
    env: node.environment('worker', { LOG_LEVEL: 'info' }),
    logFile: join(node.dir, 'worker.log'),
    urlOf: line => /"monitoring_url":"([^"]+)"/.exec(line)?.[1],
    readyPage: '/livez',
  })
  t.after(() => worker.kill('SIGKILL'))
  await node.order('keygen', [1])
  await core.submitted('keygen_preproc', PREP)
  await worker.kill('SIGKILL')
  assert.equal(await node.response('prep-keygen', PREP), undefined)
  await node.start('worker')
  core.withhold = () => false
  await node.emitted('PrepKeygenResponse')
  assert.equal(core.count('keygen_preproc', PREP), 1)
})

test('decryptions go on while a preprocessing takes longer than any attempt waits', async t => {
  const { core, node } = await open(t)
  core.withhold = work => work === 'keygen_preproc'
  await node.start('listener')
  const worker = await node.start('worker', {
    GRPC_POLL_BUDGET: '500ms',
    MAX_IN_FLIGHT: '1',
    KEY_MANAGEMENT_IN_FLIGHT: '1',
  })
  await node.start('sender')
  await node.order('keygen', [1])
  await core.submitted('keygen_preproc', PREP)
  const handle = await world.ciphertext()
  const watch = world.relayer.watchAnswers()
  const placed = [
    await world.publicRequest([handle]),
    await world.userRequest([handle]),
    await world.publicRequest([handle]),
  ]
  await watch.until(
    placed.map(({ id }) => id),
    { timeoutMs: 90_000 },
  )
  const pending = { operation: 'prep-keygen', settlement: 'nak', code: 'CORE_PENDING' }
  await until('the preprocessing was handed back twice', async () => (await worker.counted(SETTLED, pending)) >= 2)
  assert.equal(await node.response('prep-keygen', PREP), undefined)

  core.withhold = () => false
  await node.emitted('PrepKeygenResponse')
  assert.equal(core.count('keygen_preproc', PREP), 1)
})

test('key operations are never given up, by worker or sender, where a decryption is', async t => {
  const { core, node } = await open(t)
  await node.start('listener')
  await node.start('worker', { MAX_DECRYPTION_ATTEMPTS: '1', MAX_DECRYPTION_AGE: '1ms' })
  const sender = await node.start('sender', { MAX_ANSWER_ATTEMPTS: '1', MAX_ANSWER_AGE: '1ms' })
  core.refuse = () => Code.Unavailable
  await node.order('crsgenRequest', [256n, 1])
  const decryption = await world.publicRequest([await world.ciphertext()])
  await core.submitted('crs_gen', CRS, 2)
  const letter = await until('the decryption is given up', async () => (await node.letters())[0])
  assert.deepEqual([letter.key, letter.code], [decryption.id, 'CORE_UNAVAILABLE'])

  const code = await node.chain('eth_getCode', [node.contract, 'latest'])
  await node.chain('anvil_setCode', [node.contract, REVERTING])
  core.refuse = () => undefined
  const refused = { operation: 'crsgen', result: 'retry' }
  await until('the contract refused twice', async () => (await sender.counted(PREPARED, refused)) >= 2)
  await node.chain('anvil_setCode', [node.contract, code])
  await node.emitted('ActivateCrs')
  assert.equal((await node.outcome('crsgen', CRS)).status, 'confirmed')
  assert.equal((await node.letters()).length, 1)
})
