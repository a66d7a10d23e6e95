import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { DEFAULT_TOPOLOGY, topologyOf } from '@kms-connector/streams'
import { CASES } from './cases.ts'
import { helmBinary, type Rendered, render } from './chart.ts'

const skip = helmBinary() ? false : 'helm cannot be had here'
const HOUR = 3_600_000

type Spec = Readonly<Record<string, unknown>>
const specOf = (object: Rendered) => object['spec'] as Spec // CAST: every object of the chart has one

/** Nanoseconds of a Go duration of one unit. */
function nanos(text: unknown): number {
  const [, number, unit] = /^(\d+)([hms])$/.exec(String(text)) ?? []
  const seconds: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1 }
  return Number(number) * (seconds[unit ?? ''] ?? Number.NaN) * 1e9
}

test('the resources for the NATS controller describe the very streams the services expect', { skip }, () => {
  const objects = render(CASES['nats-controller'] ?? {}).filter(o => o.apiVersion === 'jetstream.nats.io/v1beta2')
  const topology = topologyOf(OPERATIONS_V0_11, {
    ...DEFAULT_TOPOLOGY,
    replicas: 3,
    ages: { ...DEFAULT_TOPOLOGY.ages, decryption: 48 * HOUR },
    bytes: { ...DEFAULT_TOPOLOGY.bytes, decryption: 8 * 2 ** 30 },
    ackWaitMs: 45_000,
  })
  const streams = objects.filter(o => o.kind === 'Stream').map(specOf)
  assert.deepEqual(streams.map(s => s['name']).sort(), topology.streams.map(s => s.name).sort())
  for (const plan of topology.streams) {
    const spec = streams.find(s => s['name'] === plan.name) ?? {}
    assert.deepEqual(spec['subjects'], plan.subjects)
    assert.equal(spec['replicas'], 3)
    assert.equal(spec['maxBytes'], plan.max_bytes, plan.name)
    assert.equal(spec['maxAge'] === undefined ? 0 : nanos(spec['maxAge']), plan.max_age, plan.name)
    assert.equal(nanos(spec['duplicateWindow']), plan.duplicate_window, plan.name)
    assert.equal(spec['maxMsgsPerSubject'], plan.max_msgs_per_subject, plan.name)
    assert.equal(spec['discardPerSubject'], plan.discard_new_per_subject, plan.name)
    assert.equal(spec['discard'], plan.discard, plan.name)
    assert.equal(spec['denyDelete'], plan.deny_delete, plan.name)
    assert.equal(spec['preventDelete'], true, plan.name)
  }
  const consumers = objects.filter(o => o.kind === 'Consumer').map(specOf)
  assert.equal(consumers.length, topology.consumers.length)
  for (const { stream, config } of topology.consumers) {
    const spec = consumers.find(s => s['streamName'] === stream) ?? {}
    assert.equal(spec['durableName'], config.durable_name)
    assert.equal(nanos(spec['ackWait']), config.ack_wait)
    assert.equal(spec['maxDeliver'], -1)
    assert.equal(spec['maxAckPending'], config.max_ack_pending)
  }
})
