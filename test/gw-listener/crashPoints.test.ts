import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CURSOR_BUCKET } from '@kms-connector/streams'
import { devKey, KeyOwner } from '../../apps/devnet/src/chain/index.ts'
import { answerTo, type NatsMoment, nth, publishTo } from '../../apps/devnet/src/faults/natsMoments.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { GATEWAY_CHAIN, startTestGateway } from '../contracts/testGateway.ts'
import { openBench, until } from './listenerBench.ts'
import { prepare, requestPublic, requestUser } from './requests.ts'

const DECRYPTIONS = 'kms.request.public-decryption.*'
const CURSOR = `$KV.${CURSOR_BUCKET}.${GATEWAY_CHAIN}`

/** When the listener dies: on the wire, so that it is exactly there, and the message in question does not pass. */
const POINTS: readonly [string, () => NatsMoment][] = [
  ['after a key operation is published, before it sees the PubAck', () => answerTo('kms.request.crsgen.*')],
  ['after a key operation is published, before its cursor is written', () => publishTo(`${CURSOR}.crsgen`)],
  ['before it publishes', () => publishTo(DECRYPTIONS)],
  ['after a publish, before it sees the PubAck', () => answerTo(DECRYPTIONS)],
  ['between two publishes of one range', () => nth(2, publishTo(DECRYPTIONS))],
  ['after all PubAcks, before the cursor is written', () => publishTo(`${CURSOR}.public-decryption`)],
  ['after the cursor is written, before it sees the reply', () => answerTo(`${CURSOR}.public-decryption`)],
]

test('a listener that is killed at any step publishes every request once', { timeout: 300_000 }, async t => {
  const gateway = await startTestGateway(1, 1)
  t.after(() => gateway.stop())
  await prepare(gateway)
  const bench = await openBench(t, gateway)
  await using proxy = await NatsProxy.start({ serverUrl: bench.nats.url })
  const emitted = {
    'public-decryption': new Set<string>(),
    'user-decryption': new Set<string>(),
    crsgen: new Set<string>(),
  }
  const owner = new KeyOwner({ rpcUrl: gateway.rpcUrl, gateway: gateway.gateway, privateKey: devKey(0) })
  emitted.crsgen.add((await owner.crsgen(2048, 'test')).id)

  const emit = async () => {
    const publics = [requestPublic(gateway), requestPublic(gateway), requestPublic(gateway)]
    emitted['user-decryption'].add((await requestUser(gateway)).id)
    for (const { id } of await Promise.all(publics)) emitted['public-decryption'].add(id)
  }
  const expectAllOnce = async () => {
    for (const [operation, ids] of Object.entries(emitted)) {
      await until(`all of ${operation}`, async () => (await bench.count(operation)) >= ids.size)
      for (const id of ids) assert.ok(await bench.request(operation, id), `${operation} ${id}`)
      assert.equal(await bench.count(operation), ids.size)
    }
    assert.deepEqual(await bench.letters(), [])
  }
  let listener: ServiceProcess | undefined
  const start = async () => {
    // One publish at a time, so that there is something between two of them.
    listener = await bench.spawn({ NATS_URL: proxy.url, PUBLISH_IN_FLIGHT: '1' })
    return listener
  }

  for (const [name, moment] of POINTS) {
    await t.test(`killed ${name}`, async () => {
      await emit()
      const killed = proxy.at(moment(), async () => {
        await listener?.kill('SIGKILL')
        return 'drop' as const
      })
      await start()
      await killed
      await emit()
      const again = await (await start()).ready()
      await expectAllOnce()
      await again.kill('SIGKILL')
    })
  }
})
