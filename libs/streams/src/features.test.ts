import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featuresOf, requireFeatures } from './features.ts'

test('features follow the server version', () => {
  assert.deepEqual(featuresOf('2.9.10'), { version: '2.9.10', syncAlways: false, consistentReplicas: false })
  assert.deepEqual(featuresOf('2.10.27'), { version: '2.10.27', syncAlways: true, consistentReplicas: false })
  assert.equal(featuresOf('2.12.0-beta.1').consistentReplicas, true)
  assert.equal(featuresOf('v3.0.0').consistentReplicas, true)
})

test('servers below the floor and unreadable versions are refused', () => {
  for (const version of ['2.9.9', '2.8.4', '1.99.99', '', 'unknown', '2.9']) {
    assert.throws(() => featuresOf(version), { code: 'BROKER_FEATURE_MISSING' }, version)
  }
})

test('replicas need a server that keeps compare-and-set consistent', () => {
  requireFeatures(featuresOf('2.9.10'), 1)
  requireFeatures(featuresOf('2.11.0'), 3)
  assert.throws(() => requireFeatures(featuresOf('2.10.27'), 3), { code: 'BROKER_FEATURE_MISSING' })
})
