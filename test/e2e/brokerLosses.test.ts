import assert from 'node:assert/strict'
import { cp, readFile, rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { CURSOR_BUCKET, OUTCOMES, RESPONSES, SENDER_BUCKET } from '@kms-connector/streams'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { auditChain, type PendingRequest } from '../../apps/devnet/src/workload/index.ts'
import { runCli } from '../cli/runCli.ts'
import { eventually, mixture, PipelineBench } from './pipelineBench.ts'

let bench: PipelineBench
/** A service that neither ends nor answers must not hold the run. */
const LIMIT = { timeout: 240_000 }

before(async () => {
  bench = await PipelineBench.start({ workers: 1, coreDelayMs: 100, blockTimeSeconds: 0.1 })
})
after(() => bench?.stop())

const services = (): ServiceProcess[] => {
  const { listener, workers, sender } = bench.devnet.node
  return [listener, ...workers, sender]
}

/** Places requests and returns as soon as work on them has begun. */
async function inMidWork(): Promise<Promise<PendingRequest[]>> {
  const seqOf = async (stream: string) => (await bench.broker.manager.streams.info(stream)).state.last_seq
  const before = await seqOf(RESPONSES)
  const placing = bench.request(mixture(12))
  await eventually('answers', async () => ((await seqOf(RESPONSES)) > before + 2 ? true : undefined))
  return placing
}

/** The operator's command, with the settings of the services of the devnet. */
function repair(...options: string[]) {
  const { chains, node } = bench.devnet
  return runCli(['streams', 'repair', ...options], {
    KMS_CONNECTOR_NATS_URL: node.nats.url,
    KMS_CONNECTOR_GATEWAY_CHAIN_ID: String(chains.gateway.chainId),
  })
}

/** Every service has ended with the code for "do not restart me", and says what is gone. */
async function expectRefused(gone: RegExp): Promise<void> {
  for (const service of services()) {
    assert.equal((await service.exited).code, 1, service.name)
    const lines = (await readFile(service.logFile, 'utf8')).trim().split('\n')
    const last = lines.findLast(line => line.includes('STREAM_MISSING')) ?? ''
    assert.match(last, gone, service.name)
    assert.match(last, /streams repair/, service.name)
  }
}

async function expectStartRefused(): Promise<void> {
  await Promise.all(services().map(service => assert.rejects(service.restart(), /STREAM_MISSING/)))
}

async function startAgain(): Promise<void> {
  await Promise.all(services().map(service => service.restart()))
}

/** Every request that was ever placed is answered, once, in the eyes of the chain. */
async function expectAnsweredOnce(): Promise<void> {
  await bench.expectAnswered(bench.requests)
  await bench.watch.poll()
  assert.deepEqual(auditChain(bench.devnet, bench.watch, bench.requests), [])
}

const firstBlock = (requests: readonly PendingRequest[]) =>
  String(Math.min(...requests.map(({ blockNumber }) => Number(blockNumber))))

test(
  'deleted requests, answers and a consumer are refused, repaired by the command, and everything is answered',
  LIMIT,
  async () => {
    const placing = await inMidWork()
    const { streams, consumers } = bench.broker.manager
    await streams.delete('PUBLIC_DECRYPTION')
    await streams.delete(RESPONSES)
    await consumers.delete('USER_DECRYPTION', 'kms-worker')
    const requests = await placing
    await expectRefused(/PUBLIC_DECRYPTION, RESPONSES, (PUBLIC_DECRYPTION\/kms-worker, )?USER_DECRYPTION\/kms-worker/)
    await expectStartRefused()
    const dry = await repair('--dry-run')
    assert.equal(dry.code, 2)
    assert.match(dry.out, /read from the chain again, requests of:\n {2}public-decryption\n/)
    const without = await repair()
    assert.equal(without.code, 1)
    assert.match(without.err, /requests of public-decryption were lost: say with --from-block N/)
    assert.equal((await repair('--from-block', firstBlock(requests))).code, 0)
    assert.match((await repair()).out, /^nothing is missing/)
    await startAgain()
    await expectAnsweredOnce()
  },
)

test(
  'deleted cursors, checkpoint and outcomes are refused, repaired by the command, and everything is answered',
  LIMIT,
  async () => {
    const placing = await inMidWork()
    for (const stream of [`KV_${CURSOR_BUCKET}`, `KV_${SENDER_BUCKET}`, OUTCOMES]) {
      await bench.broker.manager.streams.delete(stream)
    }
    const requests = await placing
    await expectRefused(/OUTCOMES, bucket last_block_polled, bucket sender/)
    assert.equal((await repair('--from-block', firstBlock(requests))).code, 0)
    await startAgain()
    await expectAnsweredOnce()
  },
)

test(
  'a broker that lost its volume in mid-work: services end, the command says where to begin, all is answered',
  LIMIT,
  async () => {
    const placing = await inMidWork()
    const { nats } = bench.devnet.node
    await nats.kill()
    await rm(nats.storeDir, { recursive: true, force: true })
    await nats.restart()
    const requests = await placing
    await expectRefused(/PUBLIC_DECRYPTION, .*RESPONSES, /)
    assert.equal((await repair('--from-block', firstBlock(requests))).code, 0)
    await startAgain()
    await expectAnsweredOnce()
  },
)

test('a broker that was restored from an older copy: what came since is read and answered again', LIMIT, async () => {
  const { nats } = bench.devnet.node
  await nats.kill()
  const copy = `${nats.storeDir}-copy`
  await cp(nats.storeDir, copy, { recursive: true })
  await nats.restart()
  await bench.expectAnswered(await bench.request(mixture(6)))
  const placing = await inMidWork()
  await nats.kill()
  await rm(nats.storeDir, { recursive: true, force: true })
  await cp(copy, nats.storeDir, { recursive: true })
  await nats.restart()
  await placing
  // Who finds what it knows newer than the broker ends, and is started again as by an orchestrator; others go on.
  const ids = bench.requests.map(({ id }) => id)
  await eventually('answers of all', async () => {
    for (const service of services()) if (service.state === 'ended') await service.restart()
    await bench.watch.poll()
    return ids.every(id => bench.watch.isAnswered(id)) || undefined
  })
  await expectAnsweredOnce()
  assert.match((await repair('--dry-run')).out, /^nothing is missing/)
})
