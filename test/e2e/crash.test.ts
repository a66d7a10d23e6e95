import { after, before, test } from 'node:test'
import { OUTCOMES, RESPONSES } from '@kms-connector/streams'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { eventually, mixture, PipelineBench } from './pipelineBench.ts'

const REQUESTS = 30

let bench: PipelineBench

before(async () => {
  // Work that takes a while, so that a crash finds some in hand.
  bench = await PipelineBench.start({ workers: 2, coreDelayMs: 200 })
})
after(() => bench?.stop())

/** Waits until a stream has grown by a few messages: work has begun and is far from done. */
async function begun(stream: string, before: number): Promise<true> {
  return eventually(`messages on ${stream}`, async () => ((await count(stream)) > before + 2 ? true : undefined))
}

async function count(stream: string): Promise<number> {
  return (await bench.broker.manager.streams.info(stream)).state.messages
}

async function crashDuringWork(victim: ServiceProcess, stream: string): Promise<void> {
  const before = await count(stream)
  const placing = bench.request(mixture(REQUESTS))
  await begun(stream, before)
  await victim.kill('SIGKILL')
  const requests = await placing
  await victim.restart()
  await bench.expectAnswered(requests)
  await bench.expectExactlyOnce()
}

test('a worker that is killed in the middle of its work loses nothing and answers nothing twice', () =>
  crashDuringWork(bench.devnet.node.workers[0] as ServiceProcess, RESPONSES)) // CAST: there are two workers

test('a listener that is killed in the middle of its work misses nothing', () =>
  crashDuringWork(bench.devnet.node.listener, 'PUBLIC_DECRYPTION'))

test('a sender that is killed in the middle of its work loses no answer and sends none twice', () =>
  crashDuringWork(bench.devnet.node.sender, OUTCOMES))

test('all services killed at the same moment find back to where they were', async () => {
  const { listener, workers, sender } = bench.devnet.node
  const services = [listener, ...workers, sender]
  const before = await count(OUTCOMES)
  const placing = bench.request(mixture(REQUESTS))
  await begun(OUTCOMES, before)
  await Promise.all(services.map(service => service.kill('SIGKILL')))
  const requests = await placing
  await Promise.all(services.map(service => service.restart()))
  await bench.expectAnswered(requests)
  await bench.expectExactlyOnce()
})
