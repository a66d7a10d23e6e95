import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricNameFault } from './metricNames.ts'
import { BUCKETS_FAR, createMetrics } from './metrics.ts'

const HELP = 'Requests that were published to the broker.'

test('the naming rules', () => {
  const good = [
    ['counter', 'kms_connector_listener_requests_published_total', ['operation']],
    ['gauge', 'kms_connector_listener_cursor_block', []],
    ['gauge', 'kms_connector_head_age_seconds', []],
    ['histogram', 'kms_connector_core_call_seconds', ['phase', 'code']],
  ] as const
  for (const [type, name, labels] of good)
    assert.equal(metricNameFault(type, { name, help: HELP, labels }), undefined, name)
  const bad = [
    ['counter', 'requests_total', HELP, [], /start with kms_connector_/],
    ['counter', 'kms_connector_Requests_total', HELP, [], /snake_case/],
    ['counter', 'kms_connector_requests', HELP, [], /_total/],
    ['gauge', 'kms_connector_requests_total', HELP, [], /_total/],
    ['gauge', 'kms_connector_age_ms', HELP, [], /base unit/],
    ['counter', 'kms_connector_waited_milliseconds_total', HELP, [], /base unit/],
    ['histogram', 'kms_connector_core_call', HELP, [], /end in their unit/],
    ['gauge', 'kms_connector_open', 'open', [], /full sentence/],
    ['gauge', 'kms_connector_open', 'How many requests are open', [], /full sentence/],
    ['counter', 'kms_connector_x_total', HELP, ['request_id'], /label request_id/],
    ['histogram', 'kms_connector_x_seconds', HELP, ['le'], /label le/],
  ] as const
  for (const [type, name, help, labels, fault] of bad) {
    assert.match(metricNameFault(type, { name, help, labels }) ?? 'no fault', fault, name)
  }
})

test('a registry holds our metrics, those of Node and the build', async () => {
  const metrics = createMetrics({ name: 'svc', version: '1.0.0', build: 'abc1234' })
  metrics.counter({ name: 'kms_connector_a_total', help: HELP, labels: ['operation'] }).inc({ operation: 'keygen' })
  metrics.gauge({ name: 'kms_connector_b_block', help: HELP, collect: gauge => gauge.set(7) })
  metrics.histogram({ name: 'kms_connector_c_seconds', help: HELP, buckets: BUCKETS_FAR }).observe(0.02)
  const text = await metrics.registry.metrics()
  for (const line of [
    'kms_connector_a_total{operation="keygen"} 1',
    'kms_connector_b_block 7',
    'kms_connector_c_seconds_bucket{le="0.025"} 1',
    'kms_connector_build_info{service="svc",version="1.0.0",build="abc1234"} 1',
    '# TYPE nodejs_eventloop_lag_seconds gauge',
  ]) {
    assert.ok(text.includes(line), line)
  }
  assert.throws(() => metrics.gauge({ name: 'b', help: HELP }), /metric b: the name/)
})

test('a gauge is absent until it was set', async () => {
  const metrics = createMetrics({ name: 'svc', version: '1.0.0', build: 'abc1234' })
  const gauge = metrics.gauge({ name: 'kms_connector_balance_wei', help: 'Balance of the wallet.' })
  assert.doesNotMatch(await metrics.registry.metrics(), /^kms_connector_balance_wei/m)
  gauge.set(0)
  assert.match(await metrics.registry.metrics(), /^kms_connector_balance_wei 0$/m)
})
