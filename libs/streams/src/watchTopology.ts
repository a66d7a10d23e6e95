import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '@kms-connector/protocol'
import type { Broker } from './connection.ts'
import { missingFault, missingParts } from './lostParts.ts'
import { survey } from './survey.ts'
import type { Topology } from './topology.ts'

export interface WatchTopologyOptions {
  readonly signal: AbortSignal
  /** Milliseconds between two looks. */
  readonly everyMs: number
  /** Told when the broker does not answer a look; the next one follows. */
  readonly onUnanswered?: (fault: ConnectorError) => void
}

/**
 * Looks now and then whether everything that this process works with is still there: who publishes to a stream that was
 * deleted, or pulls from a consumer that is gone, waits for ever, as for a broker that is away. Two looks in a row must
 * agree, because a cluster that elects a leader may say anything once.
 * @throws ConnectorError STREAM_MISSING (fatal), naming what is gone
 */
export async function watchTopology(broker: Broker, topology: Topology, options: WatchTopologyOptions): Promise<void> {
  const { signal, everyMs, onUnanswered } = options
  let before: readonly string[] = []
  while (!signal.aborted && !broker.connection.isClosed()) {
    await sleep(everyMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    try {
      // All of it was there when this process began.
      const lost = missingParts(topology, await survey(broker, topology))
      // One part that is gone twice is enough; the message names all, also what went between the two looks.
      if (lost.some(name => before.includes(name))) throw missingFault(lost)
      before = lost
    } catch (fault) {
      if (!(fault instanceof ConnectorError) || fault.disposition === 'fatal') throw fault
      onUnanswered?.(fault)
    }
  }
}
