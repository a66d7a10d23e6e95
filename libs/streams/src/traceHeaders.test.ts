import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childTrace, newTrace, traceHeaders, traceOf, traceparentOf } from './traceHeaders.ts'

const trace = 'a'.repeat(32)
const span = 'b'.repeat(16)

test('a trace survives its headers, and a child stays in it', () => {
  const parent = newTrace()
  assert.deepEqual(traceOf(traceHeaders(parent, 'id')), parent)
  const child = childTrace(parent)
  assert.equal(child.traceId, parent.traceId)
  assert.notEqual(child.spanId, parent.spanId)
  assert.match(traceparentOf(childTrace(undefined)), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('malformed traces are absent', () => {
  const traceparent = (text: string) => traceOf({ traceparent: text })
  assert.equal(traceparent(`00-${trace}-${span}-00`)?.sampled, false)
  assert.equal(traceparent(`01-${trace}-${span}-01-more`)?.sampled, true)
  for (const text of [
    '',
    'garbage',
    `ff-${trace}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
  ]) {
    assert.equal(traceparent(text), undefined, text)
  }
})
