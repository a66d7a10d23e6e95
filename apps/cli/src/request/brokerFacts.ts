import { OPERATIONS_V0_11, type Operation, OperationTable, type RequestId } from '@kms-connector/protocol'
import { OpenSlots, readFacts, WorkerPositions } from '@kms-connector/request-status'
import { createLimit } from '@kms-connector/service-kit'
import {
  type Broker,
  CURSOR_BUCKET,
  KeyValue,
  OUTCOMES,
  RESPONSES,
  readCursor,
  requestStream,
  TX_SLOTS_BUCKET,
  WORKER_CONSUMER,
} from '@kms-connector/streams'
import type { BrokerFacts } from './requestFacts.ts'

export const TABLE = new OperationTable(OPERATIONS_V0_11)
/** A stream that has no room for a message of this size counts as full, bytes. */
const ROOM = 16_384
const READS = { name: 'reads', concurrency: 16, maxQueue: 1_000 } as const

/** Reads what the streams hold about one request, and whether they take more. @throws ConnectorError BROKER_UNAVAILABLE */
export async function readBroker(
  broker: Broker,
  operation: Operation,
  id: RequestId,
  chainId: number | undefined,
): Promise<BrokerFacts> {
  const stream = requestStream(operation)
  const infos = await Promise.all([stream, RESPONSES, OUTCOMES].map(name => broker.manager.streams.info(name)))
  const sources = {
    broker,
    table: TABLE,
    positions: new WorkerPositions(broker),
    slots: new OpenSlots(new KeyValue(broker, TX_SLOTS_BUCKET)),
    limit: createLimit(READS),
    keptMs: keptMsOf(infos),
  }
  const [stored, waitingWorkers, cursor] = await Promise.all([
    readFacts(sources, operation, id),
    waitingPulls(broker, stream),
    chainId === undefined ? undefined : cursorOf(broker, `${chainId}.${operation.name}`),
  ])
  return { stored, full: fullStreams(infos), waitingWorkers, cursor }
}

type Info = Awaited<ReturnType<Broker['manager']['streams']['info']>>

/** As the server keeps them: what the settings of a command say may be defaults. */
function keptMsOf(infos: readonly Info[]): number {
  const results = infos.filter(({ config }) => config.name === RESPONSES || config.name === OUTCOMES)
  return Math.min(
    ...results.map(({ config }) => (config.max_age === 0 ? Number.POSITIVE_INFINITY : config.max_age / 1e6)),
  )
}

function fullStreams(infos: readonly Info[]): BrokerFacts['full'] {
  return infos.flatMap(({ config, state }) => {
    const refuses = config.discard === 'new' && config.max_bytes > 0
    if (!refuses || state.bytes + ROOM <= config.max_bytes) return []
    return [{ stream: config.name, bytes: state.bytes, limit: config.max_bytes }]
  })
}

async function waitingPulls(broker: Broker, stream: string): Promise<number | undefined> {
  const info = await broker.manager.consumers.info(stream, WORKER_CONSUMER).catch(() => undefined)
  return info?.num_waiting
}

async function cursorOf(broker: Broker, key: string): Promise<BrokerFacts['cursor']> {
  const bucket = new KeyValue(broker, CURSOR_BUCKET)
  const [cursor, entry] = await Promise.all([readCursor(bucket, key), bucket.get(key)])
  return cursor && entry && { block: cursor.block, at: entry.storedAt }
}
