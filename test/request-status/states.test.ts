import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { requestIdValue } from '@kms-connector/protocol'
import { everyServer } from '../streams/everyServer.ts'
import { ask, askOne, untilState } from './asking.ts'
import { freshId, HASH, Pipeline, TABLE, TOPOLOGY, TX_HASH } from './pipeline.ts'
import { StatusProcess } from './statusProcess.ts'

const publicDecryption = TABLE.named('public-decryption')
const userDecryption = TABLE.named('user-decryption')

everyServer('request status', bench => {
  let service: StatusProcess
  let pipeline: Pipeline
  before(async () => {
    const broker = await bench().connectTo(TOPOLOGY)
    pipeline = new Pipeline(broker)
    service = await StatusProcess.start(bench().server.url)
  })
  after(() => service?.[Symbol.asyncDispose]())

  test('a request goes through every state up to confirmed, and every notation of its id finds it', async () => {
    const id = freshId(publicDecryption)
    await pipeline.request(publicDecryption, id)
    const received = await untilState(service.url, id, 'received')
    assert.deepEqual(received.origin, {
      chain_id: 54321,
      block_number: 7,
      block_hash: HASH,
      transaction_hash: HASH,
      log_index: 2,
    })
    assert.equal(received.times.requested, new Date(1_790_000_000_000).toISOString())
    assert.ok(received.times.received)
    assert.deepEqual([received.final, received.answer_present, received.reruns], [false, false, 0])

    const workers = pipeline.work(publicDecryption)
    try {
      await untilState(service.url, id, 'working')
      await pipeline.answer(publicDecryption, id)
      const answered = await untilState(service.url, id, 'answered')
      assert.deepEqual([answered.final, answered.answer_present], [false, true])
      assert.ok(answered.times.answered)
    } finally {
      await workers.stop(10_000)
    }
    await pipeline.openSlot(publicDecryption, id, 41)
    const submitted = await untilState(service.url, id, 'submitted')
    assert.deepEqual(submitted.transaction, { hash: TX_HASH, nonce: 41, attempts: 1 })
    assert.ok(submitted.times.sent)

    const ending = { transactionHash: HASH, blockNumber: 9, nonce: 41, attempts: 2, sentAt: 1_790_000_001_500 }
    await pipeline.settle(publicDecryption, id, { status: 'confirmed', ...ending })
    const confirmed = await untilState(service.url, id, 'confirmed')
    assert.equal(confirmed.final, true)
    assert.deepEqual(confirmed.transaction, { hash: HASH, nonce: 41, block_number: 9, attempts: 2 })
    assert.equal(confirmed.times.sent, new Date(1_790_000_001_500).toISOString())
    assert.ok(confirmed.times.settled)
    for (const text of [`0x${id}`, id.toUpperCase(), String(requestIdValue(id))]) {
      assert.deepEqual((await askOne(service.url, text)).body, confirmed)
    }
  })

  test('an answer that the chain has already, and an answer that it refuses', async () => {
    const [first, second] = [freshId(userDecryption), freshId(userDecryption)]
    for (const id of [first, second]) {
      await pipeline.request(userDecryption, id)
      await pipeline.answer(userDecryption, id)
      await untilState(service.url, id, 'answered')
    }
    await pipeline.settle(userDecryption, first, { status: 'already-answered', attempts: 0 })
    const already = await untilState(service.url, first, 'already-answered')
    assert.deepEqual([already.final, already.transaction], [true, undefined])

    await pipeline.buryAnswer(userDecryption, second)
    const dead = await untilState(service.url, second, 'dead')
    assert.equal(dead.dead_letter?.code, 'RESPONSE_REVERTED')
    assert.equal(dead.dead_letter?.stage, 'tx-sender')
    assert.match(dead.dead_letter?.detail ?? '', /InvalidKMSSigner/)
    assert.ok(dead.dead_letter?.hint)
  })

  test('a request that workers give up is dead, and alive again when it is run again', async () => {
    const operation = TABLE.named('keygen')
    const id = freshId(operation)
    await pipeline.request(operation, id)
    const workers = pipeline.work(operation)
    try {
      await untilState(service.url, id, 'working')
      pipeline.refuse(operation, id)
      const dead = await untilState(service.url, id, 'dead')
      assert.deepEqual([dead.dead_letter?.code, dead.dead_letter?.stage], ['CORE_REFUSED', 'kms-worker'])
      assert.ok(dead.times.settled)
      await pipeline.request(operation, id, 1)
      await pipeline.request(operation, id, 2)
      const again = await untilState(service.url, id, 'working')
      assert.deepEqual([again.reruns, again.dead_letter, again.final], [2, undefined, false])
    } finally {
      await workers.stop(100)
    }
  })

  test('a request that was acknowledged without an answer is lost, and no longer once it is run again', async () => {
    const operation = TABLE.named('prep-keygen')
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await pipeline.lose(operation)
    const lost = await untilState(service.url, id, 'lost')
    assert.deepEqual([lost.final, lost.answer_present, lost.dead_letter], [false, false, undefined])
    assert.match(lost.note ?? '', /kms-connector reconcile/)
    await pipeline.request(operation, id, 1)
    assert.equal((await untilState(service.url, id, 'received')).note, undefined)
  })

  test('an operation without an answer on chain is completed', async () => {
    const operation = TABLE.named('prss-init')
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await untilState(service.url, '1', 'received')
    await pipeline.answer(operation, id)
    await pipeline.settle(operation, id, { status: 'completed', attempts: 0 })
    const completed = await untilState(service.url, '1', 'completed')
    assert.deepEqual([completed.id, completed.operation, completed.final], [id, 'prss-init', true])
  })

  test('a dead request stays dead when its letter was removed: the outcome remembers', async () => {
    const id = freshId(userDecryption)
    await pipeline.answer(userDecryption, id)
    await pipeline.buryAnswer(userDecryption, id)
    await pipeline.purgeDeadLetters()
    const { dead_letter } = await untilState(service.url, id, 'dead')
    assert.deepEqual([dead_letter?.code, dead_letter?.stage], ['RESPONSE_REVERTED', undefined])
  })

  test('the newest requests of an operation are listed, newest first, also by state', async () => {
    const operation = TABLE.named('crsgen')
    const ids = Array.from({ length: 30 }, () => freshId(operation))
    for (const id of ids) await pipeline.request(operation, id)
    const list = (query: string) => ask(service.url, `/requests?operation=crsgen${query}`, '/requests')
    const idsOf = (body: { readonly requests: readonly { readonly id: string }[] }) => body.requests.map(r => r.id)
    assert.deepEqual(idsOf((await list('')).body), ids.slice(10).reverse())
    assert.deepEqual(idsOf((await list('&limit=3')).body), ids.slice(27).reverse())
    const third = ids[2]
    assert.ok(third)
    await pipeline.settle(operation, third, { status: 'confirmed' })
    const confirmed = (await list('&state=confirmed&limit=1')).body
    assert.deepEqual([idsOf(confirmed), confirmed.examined], [[third], 30])
    assert.deepEqual((await ask(service.url, '/requests?operation=key-reshare', '/requests')).body, {
      requests: [],
      examined: 0,
    })
  })

  test('an outcome of a newer version is not guessed', async () => {
    const id = freshId(userDecryption)
    const broker = await bench().connect()
    await broker.jetstream.publish(`kms.outcome.user-decryption.${id}`, JSON.stringify({ v: 99 }))
    const { status, body } = await askOne(service.url, id)
    assert.deepEqual([status, body.code], [500, 'MESSAGE_VERSION_UNKNOWN'])
  })

  test('two replicas say the same', async () => {
    await using other = await StatusProcess.start(bench().server.url)
    const id = freshId(publicDecryption)
    assert.equal((await askOne(other.url, id)).status, 404)
    await pipeline.request(publicDecryption, id)
    await pipeline.answer(publicDecryption, id)
    const [a, b] = await Promise.all([service, other].map(s => untilState(s.url, id, 'answered')))
    assert.deepEqual(a, b)
  })
})
