import type { Variables } from '@kms-connector/devnet'
import type { Journey } from '../measure/journey.ts'
import { percentile } from '../measure/median.ts'
import type { RunFigures } from '../measure/runFigures.ts'
import { LiveProduct } from '../world/liveProduct.ts'
import { liveWave } from './liveWave.ts'
import type { Shape, ShapeContext, ShapeReport } from './shape.ts'

const CIPHERTEXT_BYTES = 5_000
const REQUESTS = 200
const QUICK_REQUESTS = 20
/** Pauses are random, so that requests meet every phase of poll interval and block time. */
const PAUSE_MS = 300
/** The default of the connector, said explicitly because figures are told beyond it. */
const POLL_MS = 500

/** Single requests, one after the other, when nothing else is to do: by polling alone, and with the WebSocket as a doorbell. */
export const idle: Shape = {
  name: 'idle',
  what: 'single public decryptions with pauses: how long each takes',
  async run(context): Promise<ShapeReport> {
    const polled = await measure(context, 'polling', {})
    const rung = await measure(context, 'doorbell', { GATEWAY_WS_URL: context.world.chains.gateway.wsUrl })
    const runs = [polled.figures, rung.figures]
    const figures = idleFigures(polled.journeys, rung.journeys, POLL_MS)
    return { name: 'idle', runs, figures, faults: runs.flatMap(({ faults }) => faults) }
  },
}

async function measure(
  context: ShapeContext,
  setting: string,
  own: Variables,
): Promise<{ figures: RunFigures; journeys: readonly Journey[] }> {
  const { world, quick, profile, say } = context
  const listener = { DECRYPTION_POLLING: `${POLL_MS}ms`, ...own }
  const live = await LiveProduct.start(world, `idle-${setting}`, 'public', CIPHERTEXT_BYTES, { profile, listener })
  try {
    const requests = quick ? QUICK_REQUESTS : REQUESTS
    say(`${requests} requests by ${setting}`)
    const { figures, journeys } = await liveWave(context, live, async until => {
      const ids: string[] = []
      for (let i = 0; i < requests; i++) {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 2 * PAUSE_MS))
        ids.push(...(await live.place(1)))
        await until(ids.length)
      }
      return ids
    })
    return { figures: { ...figures, setting }, journeys }
  } finally {
    await live.stop()
  }
}

/**
 * From block to submitted transaction, in milliseconds: pure.
 * A block waits for the next look of the listener anything from nothing to a whole poll interval. Of the median half of the
 * interval is taken off, of the 99th percentile all of it. With the doorbell nothing is waited for and nothing taken off. The
 * KMS Core stub takes less than a millisecond, which is not taken off either.
 * @returns `submitted.p50` and so on of both, what was measured and `beyond.*`; `pollingShare.p50`, the difference of both medians
 */
export function idleFigures(
  polled: readonly Journey[],
  rung: readonly Journey[],
  pollMs: number,
): Record<string, number> {
  const submitted = (journeys: readonly Journey[]) =>
    journeys.map(({ block, submitted: at }) => at - block).sort((a, b) => a - b)
  const [slow, quick] = [submitted(polled), submitted(rung)]
  const at = (sorted: readonly number[], share: number) => percentile(sorted, share)
  return {
    'polling.submitted.p50': at(slow, 0.5),
    'polling.submitted.p99': at(slow, 0.99),
    'polling.beyond.p50': at(slow, 0.5) - pollMs / 2,
    'polling.beyond.p99': at(slow, 0.99) - pollMs,
    'polling.share.p50': at(slow, 0.5) - at(quick, 0.5),
    'doorbell.submitted.p50': at(quick, 0.5),
    'doorbell.submitted.p99': at(quick, 0.99),
  }
}
