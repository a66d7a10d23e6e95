import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { provision } from '@kms-connector/streams'
import { SecureBroker } from '../streams/secureBroker.ts'
import { ask, LiveStream, untilState } from './asking.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from './pipeline.ts'
import { StatusProcess } from './statusProcess.ts'

test('the key of request-status, which may only read, is enough', { timeout: 120_000 }, async () => {
  await using secure = await SecureBroker.start(TABLE.all)
  const { server } = secure
  const writer = await secure.connect('operator')
  const seedFile = join(secure.dir, 'request-status.nk')
  await writeFile(seedFile, secure.keys['request-status'].seed)
  await provision(writer, TOPOLOGY)
  const pipeline = new Pipeline(writer)
  await using service = await StatusProcess.start(server.url, {
    KMS_CONNECTOR_NATS_NKEY_SEED_FILE: seedFile,
    KMS_CONNECTOR_NATS_TLS__CA_FILE: secure.tls.caFile,
    KMS_CONNECTOR_NATS_TLS__CERT_FILE: secure.tls.certFile,
    KMS_CONNECTOR_NATS_TLS__KEY_FILE: secure.tls.keyFile,
  })
  const operation = TABLE.named('public-decryption')
  const id = freshId(operation)
  await pipeline.request(operation, id)
  await untilState(service.url, id, 'received')
  await using live = await LiveStream.open(service.url, id)
  await pipeline.answer(operation, id)
  await live.untilState('answered')
  await pipeline.openSlot(operation, id, 5)
  await live.untilState('submitted')
  await pipeline.settle(operation, id, { status: 'confirmed' })
  await live.closed()
  assert.deepEqual(live.states(), ['received', 'answered', 'submitted', 'confirmed', 'end:final'])
  const list = await ask(service.url, '/requests?operation=public-decryption', '/requests')
  assert.equal(list.body.requests.length, 1)
  assert.equal(await service.stop(), 0)
  assert.doesNotMatch(service.output, /may not (?!publish \$JS\.API\.CONSUMER\.DELETE)/)
})
