import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrokerStatus, checkBroker, connectBroker, drainBroker } from '@kms-connector/streams'
import { startNatsServer } from '../../apps/devnet/src/broker/index.ts'

test('waits for a broker that is not there yet, until told to stop', async () => {
  const server = await startNatsServer()
  await server.kill()
  const statuses: BrokerStatus[] = []
  const settings = { servers: [server.url], name: 'early' }
  const controller = new AbortController()
  const giveUp = (status: BrokerStatus) => {
    statuses.push(status)
    if (statuses.length === 2) controller.abort(new Error('stop'))
  }
  await assert.rejects(connectBroker(settings, giveUp, controller.signal), /stop/)
  assert.equal(statuses[0]?.kind, 'unreachable')
  const connecting = connectBroker(settings)
  await server.restart()
  const broker = await connecting
  await checkBroker(broker)
  await drainBroker(broker)
  assert.equal(await broker.closed, undefined)
  await server.stop()
})

test('tells when the connection is lost and when it is back', async () => {
  const server = await startNatsServer()
  const lost = Promise.withResolvers<void>()
  const back = Promise.withResolvers<void>()
  const broker = await connectBroker({ servers: [server.url], name: 'status' }, status => {
    if (status.kind === 'disconnected') lost.resolve()
    if (status.kind === 'reconnected') back.resolve()
  })
  await server.kill()
  await lost.promise
  await server.restart()
  await back.promise
  await checkBroker(broker)
  await drainBroker(broker)
  await server.stop()
})

test('settings without a server are refused', async () => {
  await assert.rejects(connectBroker({ servers: [], name: 'x' }), { code: 'SETTINGS_INVALID' })
})
