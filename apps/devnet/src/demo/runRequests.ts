import { setTimeout as pause } from 'node:timers/promises'
import { ConnectorError, type RequestId } from '@kms-connector/protocol'
import { type Broker, connectBroker, drainBroker, RESPONSES } from '@kms-connector/streams'
import type { AnswerWatch } from '../chain/index.ts'
import type { Devnet } from '../devnet/index.ts'
import { s3ClientFor } from '../s3/index.ts'
import {
  delegate,
  type PendingRequest,
  type PlannedRequest,
  placeRequest,
  prepareRequests,
  readWhereabouts,
  type Whereabouts,
} from '../workload/index.ts'
import type { Display } from './display.ts'
import { type FinishedRequest, observe } from './observe.ts'
import type { Progress } from './progress.ts'

/** Everything that is known at the end. */
export interface RunResult {
  readonly watch: AnswerWatch
  readonly pending: ReadonlyMap<RequestId, PendingRequest>
  readonly finished: ReadonlyMap<RequestId, FinishedRequest>
  /** By node, in their order. */
  readonly whereabouts: readonly ReadonlyMap<RequestId, Whereabouts>[]
  /** Whether everything was settled before the deadline. */
  readonly inTime: boolean
}

/** Requests prepared together: while one wave is answered, the next one is encrypted. */
const WAVE = 48
const LOOK_MS = 150
const SETTLE_LOOK_MS = 500
const BASE_DEADLINE_MS = 90_000
const DEADLINE_A_REQUEST_MS = 500

/** Places all requests and follows them until they are answered on chain and settled in the streams. */
export async function runRequests(
  devnet: Devnet,
  planned: readonly PlannedRequest[],
  progress: Progress,
  display: Display,
  signal: AbortSignal,
): Promise<RunResult> {
  const watch = devnet.relayer.watchAnswers()
  const pending = new Map<RequestId, PendingRequest>()
  const finished = new Map<RequestId, FinishedRequest>()
  const brokers = await Promise.all(devnet.nodes.map(n => connectBroker({ ...n.observer, name: 'demo' })))
  const deadline = performance.now() + BASE_DEADLINE_MS + DEADLINE_A_REQUEST_MS * planned.length * devnet.nodes.length
  const timeIsUp = () => performance.now() > deadline
  const [broker] = brokers as [Broker, ...Broker[]] // CAST: a network has at least one node
  const placing = { done: false }
  try {
    progress.answeredBefore = (await broker.manager.streams.info(RESPONSES)).state.messages
    const placed = placeAll(devnet, planned, pending, progress, display, signal).finally(() => {
      placing.done = true
    })
    // A refused request must not go unnoticed while the answers of the others are awaited.
    const failed = placed.then(() => new Promise<never>(() => {}))
    const followed = (async () => {
      while (!(placing.done && finished.size === pending.size) && !timeIsUp()) {
        signal.throwIfAborted()
        expectAlive(devnet)
        await observe(devnet, watch, broker, pending, finished, progress)
        await pause(LOOK_MS, undefined, { signal })
      }
    })()
    await Promise.race([followed, failed])
    progress.step = 'waiting until every answer is settled'
    const whereabouts = await settled(brokers, [...pending.values()], timeIsUp, signal)
    await observe(devnet, watch, broker, pending, finished, progress)
    return { watch, pending, finished, whereabouts, inTime: !timeIsUp() }
  } finally {
    await Promise.all(brokers.map(b => drainBroker(b)))
  }
}

/** Nobody restarts a process here, so that waiting for its work would be in vain. */
function expectAlive({ processes }: Devnet): void {
  const gone = processes.find(({ state }) => state === 'ended')
  if (gone) throw new ConnectorError('DEVNET_PROCESS_FAILED', `${gone.name} ended by itself, see ${gone.logFile}`)
}

async function placeAll(
  devnet: Devnet,
  planned: readonly PlannedRequest[],
  pending: Map<RequestId, PendingRequest>,
  progress: Progress,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const s3 = s3ClientFor(devnet.s3.url)
  let before: Promise<unknown> = Promise.resolve()
  try {
    await delegate(devnet)
    for (let at = 0; at < planned.length; at += WAVE) {
      signal.throwIfAborted()
      const wave = planned.slice(at, at + WAVE)
      progress.step = `encrypting and uploading ${at + 1} to ${at + wave.length}`
      const prepared = await prepareRequests(devnet, wave, s3)
      await before
      before = Promise.all(
        prepared.map(async request => {
          const placed = await placeRequest(devnet.relayer, request)
          pending.set(placed.id, placed)
          progress.firstRequestAt ??= placed.placedAt
          progress.requested++
        }),
      )
      // Awaited in the next round; a failure until then must not count as unhandled.
      before.catch(() => {})
    }
    await before
    progress.step = 'waiting for answers'
    display.line(`all ${planned.length} requests are on chain`)
  } finally {
    s3.destroy()
  }
}

/** Waits until the streams of every node name an end of every request. */
async function settled(
  brokers: readonly Broker[],
  requests: readonly PendingRequest[],
  timeIsUp: () => boolean,
  signal: AbortSignal,
): Promise<Map<RequestId, Whereabouts>[]> {
  for (;;) {
    const found = await Promise.all(brokers.map(broker => readWhereabouts(broker, requests)))
    const open = found.some(node => [...node.values()].some(({ outcome, dead }) => !outcome && !dead))
    if (!open || timeIsUp()) return found
    await pause(SETTLE_LOOK_MS, undefined, { signal })
  }
}
