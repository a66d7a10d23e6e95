import type { RpcPool } from '@kms-connector/gateway'
import type { Address, ContractName, OperationTable } from '@kms-connector/protocol'
import { createLimit, createMetrics, type Logger, NO_TRACING } from '@kms-connector/service-kit'
import type { Broker } from '@kms-connector/streams'
import type { BackfillDependencies, BackfillPlan, BackfillRequest } from './backfill.ts'
import { listenerMetrics } from './metrics.ts'
import { publishLogs } from './publishLogs.ts'
import { MAX_LOGS_HELD, RangeReader } from './rangeReader.ts'
import { SeenRequests } from './seenRequests.ts'

export interface BackfillSource {
  readonly pool: RpcPool
  readonly broker: Broker
  readonly table: OperationTable
  readonly chainId: number
  readonly addressOf: (contract: ContractName) => Address
  /** Most blocks of one `eth_getLogs`. */
  readonly maxRange: number
  readonly logger: Logger
  readonly onRequest: (found: BackfillRequest) => void
}

/** Requests published at once; the rate of the plan is what keeps live work going. */
const PUBLISH_IN_FLIGHT = 32
/** Ids remembered while a backfill runs. */
const SEEN_CAPACITY = 10_000

/** Puts together what a backfill works with: the reader and the publish path of the live listener, with a memory of its own. */
export function openBackfill(source: BackfillSource, { operations }: BackfillPlan): BackfillDependencies {
  const { pool, broker, table, chainId, addressOf, maxRange, logger, onRequest } = source
  const metrics = listenerMetrics(createMetrics({ name: 'backfill', version: '0.1.0', build: 'unknown' }))
  const publishing = {
    broker,
    table,
    chainId,
    tracing: NO_TRACING,
    seen: new SeenRequests(SEEN_CAPACITY),
    limit: createLimit({ name: 'backfill', concurrency: PUBLISH_IN_FLIGHT, maxQueue: 4 * MAX_LOGS_HELD }),
    metrics,
    logger,
    buried: new Set<string>(),
  }
  const filter = { addresses: table.contracts(operations).map(addressOf), topics: table.topics(operations) }
  const reader = new RangeReader(pool, { group: 'backfill', ...filter, maxRange, quorum: 1 }, metrics)
  return {
    pool,
    reader,
    broker,
    table,
    chainId,
    publish: (logs, turn) => publishLogs(publishing, logs, turn),
    onRequest,
  }
}
