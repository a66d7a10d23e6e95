import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectBroker, drainBroker, provision } from '@kms-connector/streams'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { ask, LiveStream, untilState } from './asking.ts'
import { freshId, Pipeline, TABLE, TOPOLOGY } from './pipeline.ts'
import { StatusProcess } from './statusProcess.ts'

/** All that the service may publish: questions, and consumers that vanish by themselves. Not even a delete. */
const ALLOWED = [
  '$JS.API.INFO',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.CONSUMER.INFO.*.*',
  '$JS.API.CONSUMER.CREATE.*',
  '$JS.API.CONSUMER.MSG.NEXT.*.*',
]

const config = `
authorization {
  users: [
    { user: writer, password: writer }
    { user: reader, password: reader, permissions: { publish: ${JSON.stringify(ALLOWED)}, subscribe: "_INBOX.>" } }
  ]
}`

test('a NATS user that may only read is enough', { timeout: 120_000 }, async () => {
  const server = await startNatsServer({ config })
  const writer = await connectBroker({ servers: [server.url], name: 'test', user: 'writer', password: 'writer' })
  try {
    await provision(writer, TOPOLOGY)
    const pipeline = new Pipeline(writer)
    await using service = await StatusProcess.start(server.url, {
      KMS_CONNECTOR_NATS_USER: 'reader',
      KMS_CONNECTOR_NATS_PASSWORD: 'reader',
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
    assert.doesNotMatch(service.output, /reader"|Permissions Violation for Publish to "(?!\$JS\.API\.CONSUMER\.DELETE)/)
  } finally {
    await drainBroker(writer, 1_000)
    await server.stop()
  }
})
