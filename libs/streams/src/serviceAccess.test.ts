import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS_V0_11 } from '@kms-connector/protocol'
import { serviceAccess } from './serviceAccess.ts'
import { DEFAULT_TOPOLOGY, topologyOf } from './topology.ts'

const topology = topologyOf(OPERATIONS_V0_11, DEFAULT_TOPOLOGY)

for (const [service, { calls }] of Object.entries(serviceAccess(OPERATIONS_V0_11))) {
  test(`${service} may ask about every stream and every consumer of the workers`, () => {
    for (const { name } of topology.streams) assert.ok(calls.includes(`$JS.API.STREAM.INFO.${name}`), name)
    for (const { stream, config } of topology.consumers) {
      const exact = `$JS.API.CONSUMER.INFO.${stream}.${config.durable_name}`
      assert.ok(calls.includes(exact) || calls.includes(`$JS.API.CONSUMER.INFO.${stream}.*`), stream)
    }
  })
}

test('only the sender may write the lease', () => {
  const writers = Object.entries(serviceAccess(OPERATIONS_V0_11)).flatMap(([service, { calls }]) =>
    calls.includes('$KV.sender_lease.>') ? [service] : [],
  )
  assert.deepEqual(writers, ['tx-sender'])
})
