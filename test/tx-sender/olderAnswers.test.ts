import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { RequestId } from '@kms-connector/protocol'
import { DEFAULT_TOPOLOGY, inspectDamage, KeyValue, RESPONSES, SENDER_BUCKET, topologyOf } from '@kms-connector/streams'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { GATEWAY_CHAIN, startTestGateway, type TestGateway } from '../contracts/testGateway.ts'
import { exitCode, line, logged } from './observe.ts'
import { prepareGateway, SenderBench, table, until } from './senderBench.ts'

// RESPONSES set back to an older copy, checkpoint and lease not: by a restore of the one stream, or by a machine that lost
// power before its disk had everything. Answers that come then get the numbers of those that were read.
let gateway: TestGateway
before(async () => {
  gateway = await startTestGateway(2, 2)
  await prepareGateway(gateway)
})
after(() => gateway?.stop())

const DIRECTORY = join('jetstream', '$G', 'streams', RESPONSES)

async function copyOf({ nats }: SenderBench): Promise<string> {
  await nats.kill()
  const copy = `${nats.storeDir}-copy`
  await cp(join(nats.storeDir, DIRECTORY), copy, { recursive: true })
  await nats.restart()
  return copy
}

async function setBack({ nats }: SenderBench, copy: string): Promise<void> {
  await nats.kill()
  await rm(join(nats.storeDir, DIRECTORY), { recursive: true })
  await cp(copy, join(nats.storeDir, DIRECTORY), { recursive: true })
  await rm(copy, { recursive: true })
  await nats.restart()
}

async function settle(bench: SenderBench, ids: readonly RequestId[], upTo: number): Promise<void> {
  await bench.respond(ids)
  await bench.outcomes(ids)
  await until('the checkpoint', async () => (await bench.checkpointSeq()) === upTo)
}

async function expectRefusal(sender: ServiceProcess): Promise<void> {
  assert.equal(await exitCode(sender), 1)
  const [fault] = await logged(sender, 'stopping because of a fault')
  assert.match(
    JSON.stringify(fault),
    /CHECKPOINT_INVALID: RESPONSES: message 3 was stored at .*, the one that was read at /,
  )
}

test('answers in the places of others are not passed over: no sender works on them before it is repaired', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(7)]
  const sender = await bench.sender()
  await settle(bench, ids.slice(0, 1), 1)
  const copy = await copyOf(bench)
  await settle(bench, ids.slice(1, 3), 3)
  process.kill(sender.pid, 'SIGSTOP')
  await setBack(bench, copy)
  await bench.respond(ids.slice(3))
  process.kill(sender.pid, 'SIGCONT')
  await expectRefusal(sender)
  await bench.freeLease()
  await expectRefusal(await bench.spawn())
  assert.equal(
    (await inspectDamage(bench.broker, topologyOf(table.all, DEFAULT_TOPOLOGY), GATEWAY_CHAIN)).checkpointUnfit,
    true,
    'repair sees it',
  )
  await new KeyValue(bench.broker, SENDER_BUCKET).purge('checkpoint')
  await bench.freeLease()
  const repaired = await bench.sender()
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal((await line(repaired, 'started to send answers'))['checkpoint'], 0)
})

test('answers that expired, or were removed, say nothing about the others', async () => {
  await using bench = await SenderBench.start(gateway)
  const [firstNonce, ids] = [await bench.nonce(), await bench.request(4)]
  const sender = await bench.sender()
  await settle(bench, ids.slice(0, 3), 3)
  await sender.stop()
  await bench.broker.manager.streams.deleteMessage(RESPONSES, 3)
  const again = await bench.sender()
  await settle(bench, ids.slice(3), 4)
  await bench.expectAllConfirmed(ids, firstNonce)
  assert.equal((await line(again, 'started to send answers'))['checkpoint'], 3)
})
