import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  connectBroker,
  DEFAULT_TOPOLOGY,
  drainBroker,
  KeyValue,
  provision,
  SENDER_BUCKET,
} from '@kms-connector/streams'
import { natsServerVersions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from './pipeline.ts'
import { StatusProcess } from './statusProcess.ts'

/** With the streams that the test makes, so that nothing has drifted. */
const SETTINGS = {
  KMS_CONNECTOR_PIPELINE_POLLING: '100ms',
  KMS_CONNECTOR_STREAMS__DECRYPTION_MAX_ACK_PENDING: `${DEFAULT_TOPOLOGY.maxAckPending.decryption}`,
  KMS_CONNECTOR_STREAMS__KEY_MANAGEMENT_MAX_ACK_PENDING: `${DEFAULT_TOPOLOGY.maxAckPending.keyManagement}`,
}

for (const binary of natsServerVersions()) {
  test(`numbers of the whole pipeline on nats-server ${binary.version}`, { timeout: 120_000 }, async () => {
    const server = await startNatsServer({ bin: binary.bin })
    const broker = await connectBroker({ servers: [server.url], name: 'test' })
    try {
      await using service = await StatusProcess.start(server.url, SETTINGS)
      const shows = (...lines: readonly RegExp[]) => untilShown(service, lines)
      // Nothing exists yet: no stream, no consumer, no bucket.
      await shows(/^kms_connector_pipeline_answers_open 0$/m, /^kms_connector_dead_letters_open 0$/m)
      await provision(broker, TOPOLOGY)
      const pipeline = new Pipeline(broker)
      const operation = TABLE.named('public-decryption')
      const [first, second] = [freshId(operation), freshId(operation)]
      await pipeline.request(operation, first)
      await pipeline.request(operation, second)
      await shows(
        /^kms_connector_pipeline_requests_open\{operation="public-decryption"\} 2$/m,
        /^kms_connector_pipeline_oldest_request_seconds\{operation="public-decryption"\} 0?\.?0*[1-9]/m,
        /^kms_connector_pipeline_oldest_request_seconds\{operation="keygen"\} 0$/m,
        /^kms_connector_pending_events\{event_type="public_decryption_request"\} 2$/m,
        /^kms_connector_stream_messages\{stream="PUBLIC_DECRYPTION"\} 2$/m,
        /^kms_connector_stream_bytes_ratio\{stream="PUBLIC_DECRYPTION"\} [0-9.e-]*[1-9]/m,
        /^kms_connector_topology_drift_fields 0$/m,
      )
      const working = pipeline.work(operation)
      await shows(/^kms_connector_pipeline_requests_held\{operation="public-decryption"\} 2$/m)
      await pipeline.answer(operation, first)
      pipeline.refuse(operation, second)
      await shows(
        /^kms_connector_pipeline_requests_open\{operation="public-decryption"\} 0$/m,
        /^kms_connector_pipeline_oldest_request_seconds\{operation="public-decryption"\} 0$/m,
        /^kms_connector_pipeline_answers_open 1$/m,
        /^kms_connector_pipeline_oldest_answer_seconds 0?\.?0*[1-9]/m,
        /^kms_connector_dead_letters_open 1$/m,
        /^kms_connector_dead_letters_oldest_seconds 0?\.?0*[1-9]/m,
      )
      const checkpoint = Buffer.from(JSON.stringify({ v: 1, seq: 1, created: 'x' }))
      await new KeyValue(broker, SENDER_BUCKET).create('checkpoint', checkpoint)
      await shows(/^kms_connector_pipeline_answers_open 0$/m, /^kms_connector_pipeline_oldest_answer_seconds 0$/m)
      await broker.manager.consumers.update('KEYGEN', 'kms-worker', { max_ack_pending: 7 })
      await broker.manager.streams.update('OUTCOMES', { max_bytes: 5_000_000 })
      await shows(/^kms_connector_topology_drift_fields 2$/m)
      await working.stop(1_000)
      assert.equal(await service.stop(), 0)
    } finally {
      await drainBroker(broker, 1_000)
      await server.stop()
    }
  })
}

/** Waits until a scrape shows all of these lines. */
async function untilShown(service: StatusProcess, lines: readonly RegExp[]): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const text = await service.metrics()
    const missing = lines.filter(line => !line.test(text))
    if (missing.length === 0) return
    assert.ok(
      Date.now() < deadline,
      `not shown: ${missing.join(' ')} in\n${text.match(/^kms_connector_.*$/gm)?.join('\n')}`,
    )
  }
}
