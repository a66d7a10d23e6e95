import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Broker, RESPONSES, responseSubject, SubjectFinder } from '@kms-connector/streams'
import { everyServer } from './everyServer.ts'
import { freshOperation, ids, topologyFor } from './topologies.ts'

const LONG_AGO = 0

everyServer('subject finder', bench => {
  const operation = freshOperation('found')
  const subjects = ids(200).map(id => responseSubject(operation, id))

  async function stocked(stored: readonly string[]): Promise<Broker> {
    const broker = await bench().connectTo(topologyFor(operation))
    await broker.manager.streams.purge(RESPONSES)
    for (const subject of stored) await broker.jetstream.publish(subject, 'body')
    return broker
  }

  test('finds what is stored, says when, and leaves out what is not', async () => {
    const broker = await stocked(subjects.slice(0, 50))
    const wanted = new Set(subjects.slice(10, 60))
    const found = await new SubjectFinder(broker, RESPONSES).find({ subjects: wanted, since: LONG_AGO })
    assert.deepEqual([...found.keys()], subjects.slice(10, 50))
    for (const storedAt of found.values()) assert.ok(Math.abs(Date.now() - storedAt) < 60_000)
  })

  test('reads eight messages for each subject and no more, so that what is missing costs little', async () => {
    const broker = await stocked(subjects.slice(0, 150))
    const last = new Set(subjects.slice(134, 150))
    assert.equal((await new SubjectFinder(broker, RESPONSES).find({ subjects: last, since: LONG_AGO })).size, 0)
    const near = new Set(subjects.slice(112, 128))
    assert.equal((await new SubjectFinder(broker, RESPONSES).find({ subjects: near, since: LONG_AGO })).size, 16)
  })

  test('reads on where it found what was asked before, however old the question', async () => {
    const broker = await stocked(subjects)
    const finder = new SubjectFinder(broker, RESPONSES)
    for (let at = 0; at < 200; at += 20) {
      const page = new Set(subjects.slice(at, at + 20))
      assert.deepEqual([...(await finder.find({ subjects: page, since: LONG_AGO })).keys()], [...page])
    }
  })

  test('begins with the time when that is later than what it found before', async () => {
    const broker = await stocked(subjects.slice(0, 20))
    const finder = new SubjectFinder(broker, RESPONSES)
    assert.equal((await finder.find({ subjects: new Set(subjects.slice(0, 20)), since: LONG_AGO })).size, 20)
    // More strangers than it would read, then what it looks for.
    const strangers = Array.from({ length: 140 }, (_, i) => subjects[20 + i] ?? '')
    for (const subject of strangers) await broker.jetstream.publish(subject, 'body')
    // Longer than the clocks of two servers are taken to differ.
    await new Promise(resolve => setTimeout(resolve, 300))
    const since = Date.now()
    const late = subjects.slice(160, 176)
    for (const subject of late) await broker.jetstream.publish(subject, 'body')
    assert.deepEqual([...(await finder.find({ subjects: new Set(late), since })).keys()], late)
  })

  test('a stream that was emptied and begins anew gives what it holds at the second look', async () => {
    const broker = await stocked(subjects.slice(0, 60))
    const finder = new SubjectFinder(broker, RESPONSES)
    const wanted = new Set(subjects.slice(0, 20))
    assert.equal((await finder.find({ subjects: wanted, since: LONG_AGO })).size, 20)
    const { config } = await broker.manager.streams.info(RESPONSES)
    await broker.manager.streams.delete(RESPONSES)
    await broker.manager.streams.add(config)
    for (const subject of wanted) await broker.jetstream.publish(subject, 'body')
    await finder.find({ subjects: wanted, since: LONG_AGO })
    assert.equal((await finder.find({ subjects: wanted, since: LONG_AGO })).size, 20)
  })

  test('a handful is not worth a scan', async () => {
    const broker = await stocked(subjects.slice(0, 15))
    const found = await new SubjectFinder(broker, RESPONSES).find({
      subjects: new Set(subjects.slice(0, 15)),
      since: LONG_AGO,
    })
    assert.equal(found.size, 0)
  })
})
