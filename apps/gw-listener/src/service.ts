import { FinalHead, type Finality } from '@kms-connector/gateway'
import { type ContractName, OPERATIONS_V0_11, type Operation, OperationTable } from '@kms-connector/protocol'
import {
  CONNECTOR_VARIABLES,
  checkContracts,
  contractAddress,
  createLimit,
  type ListenerSettings,
  listenerSettings,
  openBroker,
  openRpcPool,
  type ServiceContext,
  type ServiceDefinition,
} from '@kms-connector/service-kit'
import { CURSOR_BUCKET, KeyValue, requestStream, streamIdentity } from '@kms-connector/streams'
import { GroupCursors } from './groupCursors.ts'
import { GroupListener } from './groupListener.ts'
import { listenerMetrics } from './metrics.ts'
import { publishLogs } from './publishLogs.ts'
import type { StartBlock } from './scanPlan.ts'
import { SeenRequests } from './seenRequests.ts'

/** Ids remembered to skip what the overlap brings again: some minutes of the busiest chain, about 200 bytes each. */
const SEEN_CAPACITY = 50_000

/** Operations that may have a finality of their own. */
const KEYGEN: readonly string[] = ['prep-keygen', 'keygen']

/**
 * Reads requests from the Gateway chain and publishes each of them once.
 * @param operations the table of a protocol version, or one with operations of one's own
 */
export function gwListenerFor(operations: readonly Operation[]): ServiceDefinition<ListenerSettings> {
  return {
    name: 'gw-listener',
    version: '0.1.0',
    describe: 'Reads requests from the Gateway chain and publishes each of them once to its stream.',
    schema: listenerSettings,
    alsoKnown: CONNECTOR_VARIABLES,
    main: ctx => startListener(ctx, new OperationTable(operations)),
  }
}

/** The service for protocol v0.11. */
export const gwListener = gwListenerFor(OPERATIONS_V0_11)

async function startListener(ctx: ServiceContext<ListenerSettings>, table: OperationTable): Promise<void> {
  const { settings, logger } = ctx
  const metrics = listenerMetrics(ctx.metrics)
  // From 0 on, so that the first one is an increase.
  for (const operation of table.all) metrics.conflicts.inc({ operation: operation.name }, 0)
  const chainId = settings.gateway_chain_id
  const pool = await openRpcPool(ctx, metrics.rpc, {
    name: 'gateway',
    urls: settings.gateway_url,
    chainId,
    timeoutMs: settings.gateway_timeout,
  })
  const contracts = table.contracts(table.all).map(name => [name, contractAddress(settings, name)] as const)
  await checkContracts(ctx, pool, contracts)
  const broker = await openBroker(ctx, table.all)
  const bucket = new KeyValue(broker, CURSOR_BUCKET)

  for (const { group, operations, pollingMs, startBlock, finality } of groupsOf(settings, table)) {
    const addresses = table.contracts(operations).map((name: ContractName) => contractAddress(settings, name))
    const cursors = new GroupCursors({
      bucket,
      identityOf: operation => streamIdentity(broker, requestStream(operation)),
      chainId,
      operations,
      startBlock,
      overlapBlocks: settings.overlap_blocks,
    })
    // Of its own, so that a full stream of one group never keeps the other from publishing.
    const limit = createLimit({
      name: `publish ${group}`,
      concurrency: settings.publish_in_flight,
      maxQueue: 1_000_000,
    })
    const seen = new SeenRequests(SEEN_CAPACITY)
    const publishing = {
      broker,
      table,
      chainId,
      tracing: ctx.tracing,
      seen,
      limit,
      metrics,
      logger,
      buried: new Set<string>(),
    }
    const head = new FinalHead(finality)
    const listener = new GroupListener(
      {
        group,
        operations,
        addresses,
        pollingMs,
        maxRange: settings.get_logs_batch_size,
        overlapBlocks: settings.overlap_blocks,
        overlapEveryMs: settings.overlap_interval,
      },
      { pool, head, table, cursors, metrics, logger, publish: (logs, turn) => publishLogs(publishing, logs, turn) },
    )
    ctx.status(group, () => ({ last_block_polled: listener.position ?? null }))
    ctx.loop({
      name: group,
      // While it publishes, a step shows signs of life; a broker that is away for long is no reason to restart.
      maxStepMs: 15 * 60_000,
      backoff: { firstMs: 250, maxMs: 15_000 },
      step: (signal, beat) => listener.step({ signal, beat }),
    })
  }
}

interface GroupSettings {
  /** Name in logs and metrics. */
  readonly group: string
  readonly operations: readonly Operation[]
  readonly pollingMs: number
  readonly startBlock: StartBlock
  readonly finality: Finality
}

/** What is read together: the same blocks, the same pace. */
function groupsOf(settings: ListenerSettings, table: OperationTable): readonly GroupSettings[] {
  const keyManagement = table.ofGroup('key-management')
  const { keygen_finality: keygenFinality } = settings
  const isApart = ({ name }: Operation) => keygenFinality !== undefined && KEYGEN.includes(name)
  const pace = { pollingMs: settings.key_management_polling, startBlock: settings.kms_operation_from_block_number }
  const apart = keyManagement.filter(isApart)
  return [
    {
      group: 'decryption',
      operations: table.ofGroup('decryption'),
      pollingMs: settings.decryption_polling,
      startBlock: settings.decryption_from_block_number,
      finality: settings.decryption_finality,
    },
    {
      group: 'key-management',
      operations: keyManagement.filter(operation => !isApart(operation)),
      ...pace,
      finality: settings.key_management_finality,
    },
    ...(keygenFinality ? [{ group: 'keygen', operations: apart, ...pace, finality: keygenFinality }] : []),
  ]
}
