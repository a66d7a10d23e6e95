import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renamed } from './metricAlias.ts'
import { createMetrics } from './metrics.ts'

const eventType = ({ operation }: Readonly<Record<string, string>>) =>
  operation === 'hidden' ? undefined : { event_type: `${operation}_request` }

test('series get their other labels, those that become the same are added, others are left out', () => {
  const samples = [
    { value: 2, labels: { operation: 'keygen', code: 'a' } },
    { value: 3, labels: { operation: 'keygen', code: 'b' } },
    { value: 4, labels: { operation: 'hidden', code: 'a' } },
  ]
  assert.deepEqual(renamed(samples, 'ours', { name: 'theirs', labels: eventType }), [
    { value: 5, labels: { event_type: 'keygen_request' } },
  ])
})

test('a histogram keeps its buckets, or becomes a counter of its observations', () => {
  const samples = [
    { metricName: 'ours_bucket', value: 1, labels: { le: 0.5, operation: 'keygen' } },
    { metricName: 'ours_bucket', value: 2, labels: { le: '+Inf', operation: 'keygen' } },
    { metricName: 'ours_sum', value: 7, labels: { operation: 'keygen' } },
    { metricName: 'ours_count', value: 2, labels: { operation: 'keygen' } },
  ]
  const labels = { event_type: 'keygen_request' }
  assert.deepEqual(renamed(samples, 'ours', { name: 'theirs', labels: eventType }), [
    { metricName: 'theirs_bucket', value: 1, labels: { le: 0.5, ...labels } },
    { metricName: 'theirs_bucket', value: 2, labels: { le: '+Inf', ...labels } },
    { metricName: 'theirs_sum', value: 7, labels },
    { metricName: 'theirs_count', value: 2, labels },
  ])
  assert.deepEqual(renamed(samples, 'ours', { name: 'theirs', of: 'count', labels: eventType }), [{ value: 2, labels }])
})

test('a scrape shows both names, and only ours where the other one is turned off', async () => {
  for (const aliases of [true, false]) {
    const metrics = createMetrics({ name: 'svc', version: '1.0.0', build: 'abc' }, { aliases })
    const counter = metrics.counter({
      name: 'kms_connector_seen_total',
      help: 'Requests that were seen on chain.',
      labels: ['operation'],
      aliases: [{ name: 'kms_connector_seen_counter', labels: eventType }],
    })
    counter.inc({ operation: 'keygen' }, 3)
    const text = await metrics.registry.metrics()
    assert.ok(text.includes('kms_connector_seen_total{operation="keygen"} 3'))
    const both = '# TYPE kms_connector_seen_counter counter\nkms_connector_seen_counter{event_type="keygen_request"} 3'
    assert.equal(text.includes(both), aliases)
    assert.equal(metrics.declared.at(-1)?.aliases?.[0]?.name, 'kms_connector_seen_counter')
  }
})
