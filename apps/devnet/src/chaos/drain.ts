import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosWorld } from './chaosWorld.ts'
import { check, type Verdict } from './checker.ts'
import { readChain } from './readChain.ts'
import { countMessages, readStreams } from './readStreams.ts'
import type { ChaosWorkload } from './workload.ts'

const LOOK_MS = 500
/** Everything is answered; positions and ledger follow within this, or never. */
const SETTLE_MS = 20_000

/**
 * Waits until the pipeline has ended every request, and judges what it left behind. What is not in order yet is looked at
 * again for a while: the checker itself knows no patience.
 * @param deadline by `performance.now()`
 * @param onLook told how many requests have ended
 */
export async function drain(
  world: ChaosWorld,
  workload: ChaosWorkload,
  deadline: number,
  signal: AbortSignal,
  onLook: (ended: number) => void,
): Promise<Verdict> {
  const wanted = workload.placed.size
  for (let ended = -1; performance.now() < deadline; ) {
    const [outcomes = 0, dead = 0] = await countMessages(world.natsUrl, ['OUTCOMES', 'DEAD_LETTERS'])
    if (outcomes + dead !== ended) onLook(outcomes + dead)
    ended = outcomes + dead
    if (ended >= wanted) break
    await sleep(LOOK_MS, undefined, { signal })
  }
  const patience = performance.now() + SETTLE_MS
  for (;;) {
    const verdict = await look(world, workload)
    if (verdict.findings.length === 0 || performance.now() > patience) return verdict
    await sleep(LOOK_MS, undefined, { signal })
  }
}

async function look(world: ChaosWorld, workload: ChaosWorkload): Promise<Verdict> {
  // Streams first: what they claim must be on chain by then.
  const streams = await readStreams(world.natsUrl)
  const chain = await readChain(world, workload.placed)
  return check({ placed: [...workload.placed.keys()], chain, ...streams })
}
