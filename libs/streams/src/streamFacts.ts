import { isConsumerMissing, isMessageMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { consumerDrift, type Drift, streamDrift } from './drift.ts'
import type { StreamPlan, Topology } from './topology.ts'
import { untilCertain } from './untilCertain.ts'

/** What a stream holds, as the server keeps count of it: asking costs the same however much that is. */
export interface StreamFacts {
  readonly stream: string
  readonly messages: number
  readonly bytes: number
  /** Undefined for a stream without a cap. */
  readonly maxBytes: number | undefined
  readonly lastSeq: number
  /** When the oldest message was stored, milliseconds since the epoch; undefined for an empty stream. */
  readonly oldestAt: number | undefined
  /** Fields that are not what the plan says. */
  readonly drift: readonly Drift[]
}

/**
 * @returns undefined when the stream does not exist
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export function streamFacts(broker: Broker, plan: StreamPlan): Promise<StreamFacts | undefined> {
  return untilCertain(plan.name, async () => {
    try {
      const { config, state } = await broker.manager.streams.info(plan.name)
      return {
        stream: plan.name,
        messages: state.messages,
        bytes: state.bytes,
        maxBytes: config.max_bytes > 0 ? config.max_bytes : undefined,
        lastSeq: state.last_seq,
        oldestAt: state.messages > 0 ? Date.parse(String(state.first_ts)) : undefined,
        drift: streamDrift(plan, config),
      }
    } catch (fault) {
      if (isStreamMissing(fault)) return undefined
      throw fault
    }
  })
}

/**
 * Compares the consumers of a topology with those of the server. What does not exist yet is no drift.
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export async function consumersDrift(broker: Broker, { consumers }: Topology): Promise<readonly Drift[]> {
  const drifts: Drift[] = []
  for (const { stream, config } of consumers) {
    const found = await untilCertain(stream, async () => {
      try {
        return (await broker.manager.consumers.info(stream, config.durable_name)).config
      } catch (fault) {
        if (isConsumerMissing(fault) || isStreamMissing(fault)) return undefined
        throw fault
      }
    })
    if (found) drifts.push(...consumerDrift(stream, config, found))
  }
  return drifts
}

/**
 * @param seq of the stream
 * @returns when the first message after `seq` was stored, milliseconds since the epoch; undefined when there is none
 * @throws ConnectorError BROKER_UNAVAILABLE
 */
export function storedAfter(broker: Broker, stream: string, seq: number): Promise<number | undefined> {
  return untilCertain(stream, async () => {
    // CAST: the client declares this question for direct reads only; the server takes it here as well, since 2.9.
    const query = { seq: seq + 1, next_by_subj: '>' } as { seq: number }
    try {
      return (await broker.manager.streams.getMessage(stream, query)).time.getTime()
    } catch (fault) {
      if (isMessageMissing(fault) || isStreamMissing(fault)) return undefined
      throw fault
    }
  })
}
