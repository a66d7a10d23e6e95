import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { FHE_TYPES, type FheType, type RequestId } from '@kms-connector/protocol'
import { type Broker, connectBroker, drainBroker } from '@kms-connector/streams'
import { createPublicClient, http } from 'viem'
import type { AnswerWatch } from '../../apps/devnet/src/chain/index.ts'
import { type Devnet, type DevnetOptions, startDevnet, underKey } from '../../apps/devnet/src/devnet/index.ts'
import { s3ClientFor } from '../../apps/devnet/src/s3/index.ts'
import {
  auditChain,
  auditKeys,
  auditNode,
  delegate,
  judgeAnswer,
  type KeyCeremony,
  keyAnswersOf,
  type PendingRequest,
  type PlannedRequest,
  placeRequest,
  planRequests,
  prepareRequests,
  type RequestKind,
  readWhereabouts,
  runKeyCeremony,
  type Whereabouts,
  whereabouts,
  whereaboutsText,
} from '../../apps/devnet/src/workload/index.ts'

/** Longer than the broker waits before it hands out again what a killed worker held. */
const PATIENCE_MS = 120_000
const LOOK_MS = 100

/** A devnet under test: places requests and finds out what became of them. */
export class PipelineBench {
  devnet: Devnet
  readonly watch: AnswerWatch
  readonly s3: S3Client
  /** One connection to the broker of every node. */
  readonly brokers: readonly Broker[]
  /** Every request that must be answered in the end. */
  readonly requests: PendingRequest[] = []
  /** Every key that was made. */
  readonly ceremonies: KeyCeremony[] = []

  private constructor(devnet: Devnet, brokers: readonly Broker[]) {
    this.devnet = devnet
    this.brokers = brokers
    this.watch = devnet.relayer.watchAnswers()
    this.s3 = s3ClientFor(devnet.s3.url)
  }

  static async start(options: DevnetOptions): Promise<PipelineBench> {
    const devnet = await startDevnet(options)
    try {
      const brokers = await Promise.all(
        devnet.nodes.map(({ observer }) => connectBroker({ ...observer, name: 'e2e test' })),
      )
      await delegate(devnet)
      return new PipelineBench(devnet, brokers)
    } catch (fault) {
      await devnet.stop()
      throw fault
    }
  }

  async stop(): Promise<void> {
    this.s3.destroy()
    await Promise.all(this.brokers.map(broker => drainBroker(broker)))
    await this.devnet.stop()
  }

  /** Broker of the first node. */
  get broker(): Broker {
    const [broker] = this.brokers
    assert.ok(broker)
    return broker
  }

  /** Has a key made with all that belongs to it, checks it at every node, and makes requests use it from now on. */
  async makeKeys(): Promise<KeyCeremony> {
    const ceremony = await runKeyCeremony(this.devnet, this.brokers, { timeoutMs: PATIENCE_MS })
    assert.deepEqual(auditKeys(this.devnet, ceremony), [])
    this.ceremonies.push(ceremony)
    this.devnet = underKey(this.devnet, ceremony.keyId)
    return ceremony
  }

  /** Prepares everything and places requests, all at once; they must be answered in the end. */
  async request(planned: readonly PlannedRequest[]): Promise<PendingRequest[]> {
    const placed = await this.place(planned)
    this.requests.push(...placed)
    return placed
  }

  /** The same for requests of which nobody knows what becomes of them. */
  async place(planned: readonly PlannedRequest[]): Promise<PendingRequest[]> {
    const prepared = await prepareRequests(this.devnet, planned, this.s3)
    return Promise.all(prepared.map(request => placeRequest(this.devnet.relayer, request)))
  }

  /** Waits until requests are answered on chain, and compares every plaintext. */
  async expectAnswered(requests: readonly PendingRequest[]): Promise<void> {
    const ids = requests.map(({ id }) => id)
    await this.watch.until(ids, { timeoutMs: PATIENCE_MS, pollMs: LOOK_MS }).catch(async fault => {
      const open = requests.filter(({ id }) => !this.watch.isAnswered(id))
      const texts = open.map(
        async ({ id, kind }) => `${id} ${whereaboutsText(await whereabouts(this.broker, kind, id))}`,
      )
      throw new Error(`${fault}\n${(await Promise.all(texts)).join('\n')}`, { cause: fault })
    })
    for (const request of requests) assert.equal(judgeAnswer(this.devnet, this.watch, request).fault, undefined)
  }

  /** Waits until every request has its outcome at every node, then checks chain, streams and nonces for all of them. */
  async expectExactlyOnce(): Promise<void> {
    for (const [index, broker] of this.brokers.entries()) {
      const found = await eventually(`outcomes at node ${index + 1}`, async () => {
        const all = await readWhereabouts(broker, this.requests)
        return [...all.values()].every(({ outcome }) => outcome !== undefined) ? all : undefined
      })
      const node = this.devnet.nodes[index]
      assert.ok(node)
      const client = createPublicClient({ transport: http(this.devnet.chains.gateway.rpcUrl) })
      const transactions = await client.getTransactionCount({ address: node.wallet.address })
      for (const ceremony of this.ceremonies)
        for (const [id, where] of keyAnswersOf(ceremony, index)) found.set(id, where)
      assert.deepEqual(auditNode(node, found, transactions).faults, [])
    }
    await this.watch.poll()
    assert.deepEqual(auditChain(this.devnet, this.watch, this.requests), [])
  }

  /** Waits until a request is given up. */
  expectDead(kind: RequestKind, id: RequestId): Promise<NonNullable<Whereabouts['dead']>> {
    return eventually(`a dead letter of ${id}`, async () => (await whereabouts(this.broker, kind, id)).dead)
  }

  /** Waits until a worker has said that it cannot answer a request yet, and why. */
  expectRetry(id: RequestId, code: string): Promise<true> {
    return eventually(`a retry of ${id} because of ${code}`, async () => {
      const logs = await Promise.all(this.devnet.node.workers.map(({ logFile }) => readFile(logFile, 'utf8')))
      const lines = logs.flatMap(log => log.split('\n'))
      return lines.some(line => line.includes('again_in_ms') && line.includes(id) && line.includes(code)) || undefined
    })
  }
}

/** Waits for something to become true. @throws when it does not within two minutes */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`)
    await pause(LOOK_MS)
  }
}

export function fheType(name: string): FheType {
  const found = [...FHE_TYPES.values()].find(type => type.name === name)
  if (!found) throw new Error(`there is no FHE type ${name}`)
  return found
}

/** A request for one small value. */
export function small(kind: RequestKind, value = 7n): PlannedRequest {
  return { kind, values: [{ fheType: fheType('uint8'), value, form: 'expanded' }] }
}

/** The mixture that the demo asks for, the same in every run. */
export function mixture(count: number): PlannedRequest[] {
  let state = 1
  return planRequests(count, () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  })
}
