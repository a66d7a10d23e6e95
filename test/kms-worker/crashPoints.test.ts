import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { hexOf, type Request, type RequestId } from '@kms-connector/protocol'
import type { Faults } from '../../apps/devnet/src/core/index.ts'
import {
  acknowledging,
  answerTo,
  deliveryOf,
  type NatsMoment,
  publishTo,
} from '../../apps/devnet/src/faults/natsMoments.ts'
import { NatsProxy } from '../../apps/devnet/src/faults/natsProxy.ts'
import type { ServiceProcess } from '../../apps/devnet/src/process/serviceProcess.ts'
import { type Bench, idOf, openBench, TABLE, until } from './workerBench.ts'
import { startWorld, type World } from './world.ts'

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world?.stop())

/** Calls to the KMS Core and to the buckets that a test waits for: SIGKILL is sent before the call is answered. */
type Call = 'fetch' | 'submit' | 'compute' | 'poll'
type Moment = (request: Request) => { readonly wire: NatsMoment; readonly forward?: boolean } | { readonly call: Call }

const requested = ({ operation, id }: Request) => `kms.request.${operation.name}.${id}`
const answered = ({ operation, id }: Request) => `kms.response.${operation.name}.${id}`
const streamOf = ({ operation }: Request) => operation.name.toUpperCase().replaceAll('-', '_')

/** The steps of every operation, in order. */
const STEPS: readonly [string, Moment][] = [
  ['when the request is delivered', request => ({ wire: deliveryOf(requested(request)) })],
  ['after the submit, before it sees the reply', () => ({ call: 'submit' })],
  ['while the Core computes', () => ({ call: 'compute' })],
  ['while it polls', () => ({ call: 'poll' })],
  ["after the Core's answer, before the response is published", request => ({ wire: publishTo(answered(request)) })],
  ['after the response is published, before it sees the PubAck', request => ({ wire: answerTo(answered(request)) })],
  ['after the PubAck, before it acknowledges', request => ({ wire: acknowledging(streamOf(request), '+ACK') })],
  ['after it acknowledged', request => ({ wire: acknowledging(streamOf(request), '+ACK'), forward: true })],
]

/** A bench whose workers can be killed at an exact step of one request. */
class CrashBench {
  readonly bench: Bench
  readonly proxy: NatsProxy
  readonly computed = new Map<RequestId, number>()
  readonly submitted: RequestId[] = []
  readonly requests: Request[] = []
  #worker: ServiceProcess | undefined
  #trap: { readonly call: Call; readonly id: RequestId | undefined; readonly sprung: () => void } | undefined

  private constructor(bench: Bench, proxy: NatsProxy) {
    this.bench = bench
    this.proxy = proxy
  }

  static async open(t: TestContext): Promise<CrashBench> {
    const opened: { crash?: CrashBench } = {}
    const faults: Faults = {
      onSubmit: id => {
        opened.crash?.submitted.push(id)
        return opened.crash?.spring('submit', id)
      },
      onPoll: id => opened.crash?.spring('poll', id),
      onCompute: id => {
        const { computed } = opened.crash ?? {}
        computed?.set(id, (computed.get(id) ?? 0) + 1)
        return opened.crash?.spring('compute', id)
      },
    }
    const bench = await openBench(t, world, { faults })
    const proxy = await NatsProxy.start({ serverUrl: bench.nats.url })
    t.after(() => proxy[Symbol.asyncDispose]())
    opened.crash = new CrashBench(bench, proxy)
    world.s3Faults = () => opened.crash?.spring('fetch', undefined)
    t.after(() => {
      world.s3Faults = () => undefined
    })
    return opened.crash
  }

  /** The signal reaches the worker before the answer to its call can. */
  spring(call: Call, id: RequestId | undefined): undefined {
    const trap = this.#trap
    if (trap?.call !== call || (trap.id !== undefined && trap.id !== id)) return
    this.#trap = undefined
    void this.#worker?.kill('SIGKILL').then(trap.sprung)
  }

  async work(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const variables = { NATS_URL: this.proxy.url, STREAMS__ACK_WAIT: '1s', ...settings }
    if (this.#worker) await this.#worker.kill('SIGKILL')
    this.#worker = await this.bench.worker(variables)
  }

  /** Kills the worker at a step of a request, and returns when it is gone. */
  killed(request: Request, moment: ReturnType<Moment>): Promise<unknown> {
    const id = 'call' in moment && moment.call === 'fetch' ? undefined : request.id
    if ('call' in moment) return new Promise<void>(sprung => (this.#trap = { call: moment.call, id, sprung }))
    return this.proxy.at(moment.wire, async (_, forward) => {
      if (moment.forward) await forward()
      await this.#worker?.kill('SIGKILL')
      return moment.forward ? undefined : 'drop'
    })
  }

  async publish(request: Request): Promise<void> {
    this.requests.push(request)
    await this.bench.publish(request)
  }

  /** Every request has its one response, was computed once, and nothing is open. */
  async expectAllOnce(): Promise<void> {
    for (const request of this.requests) await this.bench.answered(request)
    for (const operation of ['public-decryption', 'user-decryption', 'crsgen']) {
      await until(`all of ${operation} is acknowledged`, async () => {
        const { pending, delivered } = await this.bench.open(operation)
        return pending + delivered === 0
      })
    }
    assert.equal(await this.bench.responses(), this.requests.length)
    // What the Core knows already is polled, not submitted again.
    assert.equal(this.submitted.length, this.requests.length)
    assert.deepEqual(
      [...this.computed.values()],
      this.requests.map(() => 1),
    )
    assert.deepEqual(await this.bench.letters(), [])
  }
}

let serial = 0
/** A key operation as the listener would publish it. */
function crsgen(): Request {
  const zero = hexOf(Buffer.alloc(32))
  const origin = { chainId: 54_321, blockNumber: 1, blockHash: zero, transactionHash: zero, logIndex: 0 }
  const payload = { maxBitLength: 2048n, paramsType: 1 }
  return { operation: TABLE.named('crsgen'), id: idOf(5, ++serial), origin: { ...origin, blockTimestamp: 1 }, payload }
}

test('a worker that is killed at any step answers every request once', { timeout: 300_000 }, async t => {
  const handle = await world.ciphertext()
  const crash = await CrashBench.open(t)
  const kinds: readonly [string, () => Promise<Request>, typeof STEPS][] = [
    ['a public decryption', () => world.publicRequest([handle]), STEPS],
    ['a user decryption', () => world.userRequest([handle]), [['while it fetches', () => ({ call: 'fetch' })]]],
    ['a key operation', async () => crsgen(), STEPS.slice(1, 7)],
  ]
  await crash.work()
  for (const [kind, make, steps] of kinds) {
    for (const [name, moment] of steps) {
      await t.test(`${kind}: killed ${name}`, async () => {
        const request = await make()
        const killed = crash.killed(request, moment(request))
        await crash.publish(request)
        await killed
        // What is asked meanwhile is not held up by what the dead worker held.
        await crash.publish(await world.publicRequest([handle]))
        await crash.work()
        await crash.expectAllOnce()
      })
    }
  }
})

test('a worker that is killed around a dead letter leaves one letter, and the request is off its stream', async t => {
  const handle = await world.ciphertext({ allowed: false })
  const crash = await CrashBench.open(t)
  const letter = 'kms.dead.kms-worker.public-decryption.*'
  const points: readonly [string, NatsMoment][] = [
    ['before the letter is published', publishTo(letter)],
    ['after the letter is published, before it sees the PubAck', answerTo(letter)],
    ['after the PubAck, before it terminates the request', acknowledging('PUBLIC_DECRYPTION', '+TERM')],
  ]
  for (const [name, wire] of points) {
    await t.test(`killed ${name}`, async () => {
      const request = await world.publicRequest([handle])
      await crash.work({ MAX_DECRYPTION_ATTEMPTS: '1', MAX_DECRYPTION_AGE: '1ms' })
      const killed = crash.killed(request, { wire })
      await crash.bench.publish(request)
      await killed
      await crash.work({ MAX_DECRYPTION_ATTEMPTS: '1', MAX_DECRYPTION_AGE: '1ms' })
      await crash.bench.buried(request.id)
      await until('it is off its stream', async () => {
        const { pending, delivered } = await crash.bench.open('public-decryption')
        return pending + delivered === 0
      })
      await crash.bench.buried(request.id)
    })
  }
  assert.equal((await crash.bench.letters()).length, points.length)
  assert.equal(await crash.bench.responses(), 0)
})
