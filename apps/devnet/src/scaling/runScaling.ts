import { ConnectorError } from '@kms-connector/protocol'
import { sleep } from '@kms-connector/service-kit'
import { connectBroker, drainBroker } from '@kms-connector/streams'
import { type Devnet, startDevnet } from '../devnet/index.ts'
import { auditChain, auditNode, readWhereabouts } from '../workload/index.ts'
import { Backlog } from './backlog.ts'
import { Replicas } from './replicas.ts'
import { runWave } from './runWave.ts'
import type { ScalingOptions } from './scalingOptions.ts'
import type { WaveResult } from './scalingVerdict.ts'
import { wavesOf } from './waves.ts'

export interface ScalingResult {
  readonly waves: readonly WaveResult[]
  readonly requests: number
  /** What was lost, answered twice or not settled, one sentence each. */
  readonly faults: readonly string[]
}

/** How long a killed replica's requests wait for another one; production has a minute. */
const ACK_WAIT = '5s'
const SETTLE_DEADLINE_MS = 600_000
const SETTLE_LOOK_MS = 1_000

/**
 * Runs all waves on a devnet of its own. The sender is stopped while rates are measured, so that the chain does not compete
 * for processors; it sends everything at the end, and the chain is the judge of completeness.
 * @param sizes numbers of replicas that are compared
 * @param say told what is being done
 */
export async function runScaling(
  options: ScalingOptions,
  signal: AbortSignal,
  say: (text: string) => void,
  sizes?: readonly number[],
): Promise<ScalingResult> {
  const streams = { STREAMS__ACK_WAIT: ACK_WAIT }
  const devnet = await startDevnet({
    workers: 0,
    coreDelayMs: options.delayMs,
    listener: streams,
    sender: streams,
    signal,
    onStep: say,
  })
  const replicas = new Replicas(devnet, { ...streams, MAX_IN_FLIGHT: String(options.inFlight) })
  const broker = await connectBroker({ servers: [devnet.node.nats.url], name: 'scaling' })
  try {
    await devnet.node.sender.stop()
    const backlog = new Backlog(devnet, broker)
    const waves: WaveResult[] = []
    for (const wave of wavesOf(options, sizes)) {
      say(`${wave.what}: ${wave.requests} requests`)
      waves.push(await runWave(wave, backlog, replicas, signal))
    }
    say(`sending ${backlog.requests.length} answers to the Gateway`)
    await replicas.endAll()
    const faults = await settle(devnet, backlog, broker, signal)
    return { waves, requests: backlog.requests.length, faults }
  } finally {
    await replicas.endAll()
    await drainBroker(broker)
    await devnet.stop()
  }
}

/** Lets the sender send everything, then asks chain and streams whether each request has exactly one answer. */
async function settle(
  devnet: Devnet,
  { requests }: Backlog,
  broker: Parameters<typeof readWhereabouts>[0],
  signal: AbortSignal,
): Promise<string[]> {
  await devnet.node.sender.restart()
  const watch = devnet.relayer.watchAnswers()
  const ids = requests.map(({ id }) => id)
  try {
    await watch.until(ids, { timeoutMs: SETTLE_DEADLINE_MS, pollMs: SETTLE_LOOK_MS, signal })
  } catch (fault) {
    if (!(fault instanceof ConnectorError) || fault.code !== 'DEVNET_TIMEOUT') throw fault
    return [fault.message]
  }
  const deadline = performance.now() + SETTLE_DEADLINE_MS
  for (;;) {
    const outcomes = await readWhereabouts(broker, requests)
    const open = [...outcomes.values()].some(({ outcome, dead }) => !outcome && !dead)
    if (!open || performance.now() > deadline) {
      await watch.poll()
      const nonces = [...outcomes.values()].filter(({ outcome }) => outcome?.nonce !== undefined).length
      return [...auditChain(devnet, watch, requests), ...auditNode(devnet.node, outcomes, nonces).faults]
    }
    await sleep(SETTLE_LOOK_MS, signal)
  }
}
