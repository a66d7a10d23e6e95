import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { EventStream, eventId } from './eventStream.ts'

test('events have a name, an id and one line of data', () => {
  const sink = new PassThrough()
  const stream = new EventStream(sink, 0)
  assert.ok(stream.event('status', '{"a":1}', 'abc', 1))
  assert.ok(stream.event('end', '{}', undefined, 2))
  stream.end()
  const text = String(sink.read())
  assert.equal(text, 'retry: 5000\n\nevent: status\nid: abc\ndata: {"a":1}\n\nevent: end\ndata: {}\n\n')
})

test('silence is filled with comments, every 15 s', () => {
  const sink = new PassThrough()
  const stream = new EventStream(sink, 0)
  sink.read()
  for (let now = 1_000; now <= 45_000; now += 1_000) assert.ok(stream.heartbeat(now))
  assert.equal(String(sink.read()), ': still here\n\n'.repeat(3))
})

test('a reader who leaves too much unread is dropped, not buffered for', () => {
  const sink = new PassThrough({ highWaterMark: 1_024 })
  const stream = new EventStream(sink, 0)
  let written = 0
  while (stream.event('status', 'x'.repeat(1_000), undefined, 1)) written++
  assert.ok(sink.destroyed)
  assert.ok(written > 32 && written < 140, `${written} events`)
})

test('a reader who does not read for half a minute is dropped', () => {
  const sink = new PassThrough({ highWaterMark: 16 })
  const stream = new EventStream(sink, 0)
  stream.event('status', 'x'.repeat(100), undefined, 0)
  assert.ok(stream.heartbeat(1_000))
  assert.ok(stream.heartbeat(20_000))
  assert.equal(stream.heartbeat(31_000), false)
  assert.ok(sink.destroyed)
})

test('a reader who catches up is forgiven', () => {
  const sink = new PassThrough({ highWaterMark: 16 })
  const stream = new EventStream(sink, 0)
  stream.event('status', 'x'.repeat(100), undefined, 0)
  assert.ok(stream.heartbeat(29_000))
  sink.resume()
  return new Promise<void>(resolve => {
    setImmediate(() => {
      assert.ok(stream.heartbeat(31_000))
      assert.ok(stream.heartbeat(32_000))
      resolve()
    })
  })
})

test('the same status has the same id, another one another', () => {
  assert.equal(eventId('a'), eventId('a'))
  assert.notEqual(eventId('a'), eventId('b'))
})
