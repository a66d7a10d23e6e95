import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger, inSpan } from '@kms-connector/service-kit'
import { otlpTracing } from '../../libs/service-kit/src/otlpTracing.ts'
import { OtlpReceiver } from './otlpReceiver.ts'

// What OpenTelemetry reads of the environment is read when an exporter is made.
process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=Bearer%20token'

const logger = createLogger({ service: 'test', version: '', level: 'silent', secrets: [] })
const identity = { name: 'test', version: '1.2.3', build: 'abc' }
const tracingTo = (url: string, ratio = 1) =>
  otlpTracing({ url: `${url}/v1/traces`, serviceName: 'svc', identity, ratio, logger })

let receiver: OtlpReceiver
before(async () => {
  receiver = await OtlpReceiver.start()
})
after(() => receiver.stop())

test('headers for the collector come from the environment, and what failed shows its code only', async () => {
  const tracing = tracingTo(receiver.url)
  const work = inSpan(tracing, 'work', { attributes: { 'kms.attempt': 1 } }, async () => {
    throw new Error('a secret')
  })
  await assert.rejects(work, /a secret/)
  await tracing.close()
  assert.equal(receiver.lastHeaders['authorization'], 'Bearer token')
  const [span] = receiver.spans.splice(0)
  assert.deepEqual(span?.attributes, { 'kms.attempt': 1, 'error.type': 'INTERNAL' })
  assert.equal(span?.failed, true)
  assert.doesNotMatch(JSON.stringify(span), /secret/)
})

test('what is not sampled is not sent, and neither is what follows from it', async () => {
  const tracing = tracingTo(receiver.url, 0)
  const root = tracing.span('root')
  assert.equal(root.context?.sampled, false)
  tracing.span('part', { parent: root.context }).end()
  root.end()
  const elsewhere = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), sampled: true }
  tracing.span('begun elsewhere', { parent: elsewhere }).end()
  await tracing.close()
  assert.deepEqual(
    receiver.spans.splice(0).map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId]),
    [['begun elsewhere', elsewhere.traceId, elsewhere.spanId]],
  )
})

test('a collector that is silent loses spans, holds nothing up, and gets the next ones when it is back', {
  timeout: 120_000,
}, async () => {
  receiver.silent = true
  const before = receiver.requests
  const tracing = tracingTo(receiver.url)
  for (let i = 0; i < 50_000; i++) tracing.span('early').end()
  while (receiver.requests === before) await sleep(20)
  receiver.silent = false
  // The queue is full of early ones until the silent call has ended; from then on there is room again.
  for (let arrived = false; !arrived; ) {
    tracing.span('late').end()
    arrived = receiver.spans.some(({ name }) => name === 'late')
    await sleep(100)
  }
  const early = receiver.spans.filter(({ name }) => name === 'early').length
  assert.ok(early < 50_000, `${early} of 50000 spans were kept: the queue has no bound`)
  await tracing.close()
})

test('without a collector closing ends all the same', async () => {
  const tracing = tracingTo('http://127.0.0.1:1')
  tracing.span('lost').end()
  await tracing.close()
})
