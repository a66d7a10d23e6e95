import { isConsumerMissing, isStreamMissing } from './brokerError.ts'
import type { Broker } from './connection.ts'
import { KeyValue } from './keyValue.ts'
import { lostParts, type Survey } from './lostParts.ts'
import { CURSOR_BUCKET } from './names.ts'
import { bucketStream } from './observe.ts'
import type { Topology } from './topology.ts'
import { untilCertain } from './untilCertain.ts'

/**
 * Looks what of a topology is missing although it must have been there.
 * @returns names of streams and consumers; none on a broker that was never used
 * @throws ConnectorError BROKER_UNAVAILABLE; the reason of `signal`
 */
export async function findLost(broker: Broker, topology: Topology, signal?: AbortSignal): Promise<readonly string[]> {
  const first = lostParts(topology, await survey(broker, topology, signal))
  // Another process may have created the rest, and used it, between two questions of the first look.
  if (first.length === 0) return first
  const second = new Set(lostParts(topology, await survey(broker, topology, signal)))
  return first.filter(name => second.has(name))
}

/** What of a topology is on the broker now. @throws ConnectorError BROKER_UNAVAILABLE; the reason of `signal` */
export async function survey(broker: Broker, topology: Topology, signal?: AbortSignal): Promise<Survey> {
  const { streams, consumers } = broker.manager
  const lastSeqs = new Map<string, number>()
  const found = new Set<string>()
  for (const { name } of topology.streams) {
    const info = await askFor(name, () => streams.info(name), isStreamMissing, signal)
    if (info) lastSeqs.set(name, info.state.last_seq)
  }
  for (const { stream, config } of topology.consumers) {
    const name = config.durable_name
    const gone = (fault: unknown) => isConsumerMissing(fault) || isStreamMissing(fault)
    const info = lastSeqs.has(stream) && (await askFor(stream, () => consumers.info(stream, name), gone, signal))
    if (info) found.add(`${stream}/${name}`)
  }
  const remembers = lastSeqs.has(bucketStream(CURSOR_BUCKET)) && lastSeqs.size < topology.streams.length
  return { lastSeqs, consumers: found, cursorsOf: remembers ? await cursorsOf(broker, signal) : undefined }
}

async function cursorsOf(broker: Broker, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const keys = await new KeyValue(broker, CURSOR_BUCKET).keys(undefined, signal)
  return new Set(keys.flatMap(key => key.split('.')[1] ?? []))
}

function askFor<T>(
  what: string,
  question: () => Promise<T>,
  missing: (fault: unknown) => boolean,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  const attempt = async () => {
    try {
      return await question()
    } catch (fault) {
      if (missing(fault)) return undefined
      throw fault
    }
  }
  return untilCertain(what, attempt, signal)
}
