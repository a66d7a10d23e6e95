import { FinalHead, type Finality, type RawLog, type RpcPool } from '@kms-connector/gateway'
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
import { type Broker, CURSOR_BUCKET, KeyValue, requestStream, streamIdentity } from '@kms-connector/streams'
import { ChainBranch } from './chainBranch.ts'
import { Doorbell } from './doorbell.ts'
import { GapCloser } from './gapCloser.ts'
import { GroupCursors } from './groupCursors.ts'
import { GroupListener, type Turn } from './groupListener.ts'
import { lastPublished } from './lastPublished.ts'
import { type ListenerMetrics, listenerMetrics } from './metrics.ts'
import { publishLogs } from './publishLogs.ts'
import { MAX_LOGS_HELD, RangeReader } from './rangeReader.ts'
import { startReconciler } from './reconcileLoop.ts'
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
  const { settings } = ctx
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
  startReconciler(ctx, broker, table)
  const doorbell = openDoorbell(ctx, metrics)
  for (const group of groupsOf(settings, table)) startGroup(ctx, { pool, broker, table, metrics, doorbell }, group)
}

interface Shared {
  readonly pool: RpcPool
  readonly broker: Broker
  readonly table: OperationTable
  readonly metrics: ListenerMetrics
  readonly doorbell: Doorbell | undefined
}

function startGroup(ctx: ServiceContext<ListenerSettings>, shared: Shared, settingsOf: GroupSettings): void {
  const { settings, logger } = ctx
  const { pool, broker, table, metrics, doorbell } = shared
  const { group, operations, pollingMs, startBlock, finality } = settingsOf
  const [chainId, overlapBlocks, quorum] = [settings.gateway_chain_id, settings.overlap_blocks, settings.event_quorum]
  const bucket = new KeyValue(broker, CURSOR_BUCKET)
  const cursors = new GroupCursors({
    bucket,
    identityOf: operation => streamIdentity(broker, requestStream(operation)),
    chainId,
    operations,
    startBlock,
    overlapBlocks,
  })
  // Of its own, so that a full stream of one group never keeps the other from publishing.
  const limit = createLimit({
    name: `publish ${group}`,
    concurrency: settings.publish_in_flight,
    maxQueue: 4 * MAX_LOGS_HELD,
  })
  const seen = new SeenRequests(SEEN_CAPACITY)
  const publishing = {
    broker,
    table,
    chainId,
    tracing: ctx.tracing,
    seen,
    limit,
    watchPlace: (operation: Operation) => cursors.watchPlace(operation),
    metrics,
    logger,
    buried: new Set<string>(),
  }
  const filter = {
    addresses: table.contracts(operations).map((name: ContractName) => contractAddress(settings, name)),
    topics: table.topics(operations),
  }
  const reader = new RangeReader(pool, { group, ...filter, maxRange: settings.get_logs_batch_size, quorum }, metrics)
  const publish = async (logs: readonly RawLog[], turn: Turn) => {
    const sightings = await publishLogs(publishing, logs, turn)
    gaps.note(sightings)
    return sightings
  }
  const gaps = new GapCloser({ pool, reader, operations, publish, metrics, logger })
  const listener = new GroupListener(
    { group, operations, pollingMs, overlapBlocks, overlapEveryMs: settings.overlap_interval, quorum },
    {
      pool,
      head: new FinalHead(finality),
      reader,
      branch: new ChainBranch({ group, window: settings.reorg_window }, pool, metrics, logger),
      cursors,
      metrics,
      logger,
      publish,
      forget: () => seen.clear(),
      onStart: async floor => {
        for (const operation of operations) gaps.note(await lastPublished(broker, table, operation, floor))
      },
    },
  )
  ctx.status(group, () => ({ last_block_polled: listener.position ?? null, missing_ids: gaps.missing }))
  // While it publishes, a step shows signs of life; a broker that is away for long is no reason to restart.
  const supervised = { maxStepMs: 15 * 60_000, backoff: { firstMs: 250, maxMs: 15_000 } }
  const ear = doorbell?.ear()
  ctx.loop({
    name: group,
    ...supervised,
    step: async (signal, beat) => {
      const pauseMs = await listener.step({ signal, beat })
      if (!ear || pauseMs === 0) return pauseMs
      await ear.rung(pauseMs, signal)
      return 0
    },
  })
  ctx.loop({ name: `${group} gaps`, ...supervised, step: (signal, beat) => gaps.step({ signal, beat }) })
}

/** Silence of a chain after which its WebSocket counts as dead. */
const DOORBELL_SILENCE_MS = 60_000

function openDoorbell(ctx: ServiceContext<ListenerSettings>, metrics: ListenerMetrics): Doorbell | undefined {
  const { gateway_ws_url: url } = ctx.settings
  if (url === undefined) return undefined
  const onRing = () => metrics.doorbell.inc()
  const doorbell = new Doorbell({ url, silenceMs: DOORBELL_SILENCE_MS, onRing, logger: ctx.logger })
  ctx.run('doorbell', signal => doorbell.listen(signal))
  return doorbell
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
