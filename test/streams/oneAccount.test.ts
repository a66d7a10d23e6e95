import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectBroker, DEFAULT_TOPOLOGY, drainBroker, KeyValue, provision, topologyOf } from '@kms-connector/streams'
import { natsServerVersions, startNatsServer } from '../../apps/devnet/src/broker/index.ts'
import { eventually } from '../e2e/pipelineBench.ts'

const TOPOLOGY = topologyOf([{ name: 'public-decryption', group: 'decryption' }], DEFAULT_TOPOLOGY)

/** What looks like enough: the worker may publish answers, read them, and hear its own replies only. */
const config = `
authorization { users: [
  { user: all, password: all }
  { user: worker, password: worker, permissions: {
      publish: ["$JS.API.INFO", "kms.response.>", "$JS.API.DIRECT.GET.RESPONSES.>"], subscribe: "_INBOX_worker.>" } }
] }`

for (const { bin, version } of natsServerVersions()) {
  // The reason for an account each. If a server ever stops doing this, permissions of users may be enough for it.
  test(`within one account nats-server ${version} writes for a client where the client may not`, async () => {
    const server = await startNatsServer({ bin, config })
    const as = (user: string, inboxPrefix = '_INBOX') =>
      connectBroker({ servers: [server.url], name: user, user, password: user, inboxPrefix })
    const all = await as('all')
    const worker = await as('worker', '_INBOX_worker')
    try {
      await provision(all, TOPOLOGY)
      const answer = 'kms.response.public-decryption.x'
      worker.connection.publish(answer, Buffer.from('made up'), { reply: '$KV.sender.checkpoint' })
      const checkpoint = await eventually('an acknowledgement as checkpoint', () =>
        new KeyValue(all, 'sender').get('checkpoint'),
      )
      assert.match(Buffer.from(checkpoint.value).toString(), /"stream":\s*"RESPONSES"/)
      worker.connection.publish(`$JS.API.DIRECT.GET.RESPONSES.${answer}`, undefined, { reply: '$KV.tx_slots.slot.0' })
      const slot = await eventually('an answer as slot', () => new KeyValue(all, 'tx_slots').get('slot.0'))
      assert.equal(Buffer.from(slot.value).toString(), 'made up')
    } finally {
      await Promise.all([all, worker].map(broker => drainBroker(broker, 1_000)))
      await server.stop()
    }
  })
}
