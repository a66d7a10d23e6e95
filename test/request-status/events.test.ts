import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Operation, RequestId } from '@kms-connector/protocol'
import { everyServer } from '../streams/everyServer.ts'
import { askOne, LiveStream } from './asking.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from './pipeline.ts'
import { StatusProcess } from './statusProcess.ts'

const operation = TABLE.named('public-decryption')

everyServer('live request status', bench => {
  let service: StatusProcess
  let pipeline: Pipeline
  before(async () => {
    pipeline = new Pipeline(await bench().connectTo(TOPOLOGY))
    service = await StatusProcess.start(bench().server.url)
  })
  after(() => service?.[Symbol.asyncDispose]())

  /** Takes a request from `received` to the end, one step after the other has shown on the stream. */
  async function walk(live: LiveStream, of: Operation, id: RequestId, nonce: number): Promise<void> {
    await live.untilState('received')
    const workers = pipeline.work(of)
    try {
      await live.untilState('working')
      await pipeline.answer(of, id)
      await live.untilState('answered')
    } finally {
      await workers.stop(10_000)
    }
    await pipeline.openSlot(of, id, nonce)
    await live.untilState('submitted')
    await pipeline.settle(of, id, { status: 'confirmed' })
    await live.untilState('confirmed')
  }

  test('every change in order, then the end', async () => {
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await using live = await LiveStream.open(service.url, id)
    await using second = await LiveStream.open(service.url, id)
    assert.equal(live.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    assert.equal(live.headers.get('cache-control'), 'no-store')
    await walk(live, operation, id, 1)
    const story = ['received', 'working', 'answered', 'submitted', 'confirmed', 'end:final']
    for (const each of [live, second]) {
      await each.closed()
      assert.deepEqual(each.states(), story)
    }
    assert.deepEqual(live.events.at(-2)?.data, (await askOne(service.url, id)).body)
  })

  test('a finished request is told at once; a client that has seen the end is told to stop', async () => {
    const id = freshId(operation)
    await pipeline.settle(operation, id, { status: 'already-answered' })
    await using live = await LiveStream.open(service.url, id)
    await live.closed()
    assert.deepEqual(live.states(), ['already-answered', 'end:final'])
    const seen = live.events[0]?.id
    assert.ok(seen)
    await using again = await LiveStream.open(service.url, id, { 'last-event-id': seen })
    assert.equal(again.status, 204)
    await using stranger = await LiveStream.open(service.url, id, { 'last-event-id': 'something else' })
    assert.equal(stranger.status, 200)
  })

  test('a dead letter ends the stream', async () => {
    const crsgen = TABLE.named('crsgen')
    const id = freshId(crsgen)
    await pipeline.request(crsgen, id)
    await using live = await LiveStream.open(service.url, id)
    await live.untilState('received')
    const workers = pipeline.work(crsgen)
    try {
      await live.untilState('working')
      pipeline.refuse(crsgen, id)
      await live.closed()
    } finally {
      await workers.stop(1_000)
    }
    assert.deepEqual(live.states(), ['received', 'working', 'dead', 'end:final'])
    assert.equal(live.events.at(-2)?.data.dead_letter?.code, 'CORE_REFUSED')
  })

  test('two replicas tell the same story, with the same ids', async () => {
    await using other = await StatusProcess.start(bench().server.url)
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await using here = await LiveStream.open(service.url, id)
    await using there = await LiveStream.open(other.url, id)
    await there.untilState('received')
    await walk(here, operation, id, 2)
    await Promise.all([here.closed(), there.closed()])
    // A replica may look just after the next step was done, and then skips the one in between.
    const ids = here.events.map(e => e.id)
    assert.ok(there.events.every(e => e.event === 'end' || ids.includes(e.id)))
    assert.deepEqual(there.states().slice(-2), ['confirmed', 'end:final'])
  })

  test('a stream goes on after a crash of the server', async () => {
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await using live = await LiveStream.open(service.url, id)
    await live.untilState('received')
    await bench().server.kill()
    await bench().server.restart()
    await walk(live, operation, id, 3)
    await live.closed()
    assert.deepEqual(live.states(), ['received', 'working', 'answered', 'submitted', 'confirmed', 'end:final'])
  })

  test('a service that is asked to stop ends its streams with a word and exits with 0', async () => {
    await using stopping = await StatusProcess.start(bench().server.url)
    const id = freshId(operation)
    await pipeline.request(operation, id)
    await using live = await LiveStream.open(stopping.url, id)
    await live.untilState('received')
    assert.equal(await stopping.stop(), 0)
    await live.closed()
    assert.deepEqual(live.states(), ['received', 'end:shutdown'])
  })
})
