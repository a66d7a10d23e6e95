import { readFile } from 'node:fs/promises'
import { OPERATIONS_V0_11, OperationTable } from '@kms-connector/protocol'
import {
  CONNECTOR_VARIABLES,
  createLimit,
  openConnection,
  type ServiceContext,
  type ServiceDefinition,
  type StatusSettings,
  statusSettings,
  topologySettings,
} from '@kms-connector/service-kit'
import {
  type Broker,
  bucketStream,
  checkBroker,
  DEAD_LETTERS,
  KeyValue,
  OUTCOMES,
  RESPONSES,
  requestStream,
  SENDER_BUCKET,
  TX_SLOTS_BUCKET,
  topologyOf,
  watchSubjects,
} from '@kms-connector/streams'
import { LiveRequests } from './liveRequests.ts'
import { LookUp, MAX_EXAMINED } from './lookUp.ts'
import { type StatusMetrics, statusMetrics } from './metrics.ts'
import { OpenSlots } from './openSlots.ts'
import { readPipelineFacts } from './pipelineFacts.ts'
import { showPipeline } from './pipelineMetrics.ts'
import { serveStatus } from './statusServer.ts'
import { TokenBucket } from './tokenBucket.ts'
import { WorkerPositions } from './workerPositions.ts'

/** Reads under way at the broker, and waiting: about ten for each question or live stream. */
const READS = { name: 'reads', concurrency: 64, maxQueue: 50_000 } as const
const TICK_MS = 1_000

/** Beside the sources as well as beside the build. */
const OPENAPI = new URL('../openapi.json', import.meta.url)

/** Answers from the streams where a request stands. Reads only; any number may run. */
export const requestStatus: ServiceDefinition<StatusSettings> = {
  name: 'request-status',
  version: '0.1.0',
  describe:
    'Answers from the streams where a request stands: received, working, lost, answered, submitted, confirmed or dead.',
  schema: statusSettings,
  alsoKnown: CONNECTOR_VARIABLES,
  main: startRequestStatus,
}

async function startRequestStatus(ctx: ServiceContext<StatusSettings>): Promise<void> {
  const { settings, logger } = ctx
  const table = new OperationTable(OPERATIONS_V0_11)
  const openapi: object = JSON.parse(await readFile(OPENAPI, 'utf8'))
  // Streams are made by those who write to them: this service only looks, also at what does not exist yet.
  const broker = await openConnection(ctx, settings.service_name)
  ctx.readiness.add('nats', () => checkBroker(broker))
  const positions = new WorkerPositions(broker)
  const slots = new OpenSlots(new KeyValue(broker, TX_SLOTS_BUCKET))
  const { response_age, outcome_age } = settings.streams
  const keptMs = Math.min(response_age, outcome_age)
  const sources = { broker, table, positions, slots, limit: createLimit(READS), keptMs }
  const lookUp = new LookUp(sources, settings.request_status_read_timeout)
  const maxSubscribers = settings.request_status_subscribers
  const live = new LiveRequests({ lookUp, positions, slots, maxSubscribers })
  const metrics = statusMetrics(ctx.metrics, () => live.subscribers)
  watchStreams(ctx, broker, table, live, metrics)
  watchPipeline(ctx, broker, table, metrics)
  ctx.loop({
    name: 'live streams',
    maxStepMs: 60_000,
    backoff: { firstMs: TICK_MS, maxMs: 5_000 },
    step: async () => {
      live.tick(performance.now())
      return TICK_MS
    },
  })
  const rate = settings.request_status_rate
  const server = await serveStatus({
    ...settings.request_status_endpoint,
    operations: table.all,
    lookUp,
    live,
    // A listing must fit into the bucket at all.
    bucket: new TokenBucket(rate, Math.max(rate, MAX_EXAMINED), performance.now()),
    openapi,
    maxSubscribers,
    streamDeadlineMs: settings.request_status_stream_deadline,
    metrics,
    logger,
  })
  ctx.onStop('request status server', () => server.close())
  ctx.status('live_streams', () => ({ open: live.subscribers, most: maxSubscribers }))
  logger.info({ request_status_url: server.url }, 'listening for questions')
}

/** Reads where the whole pipeline stands, for the metrics. */
function watchPipeline(
  ctx: ServiceContext<StatusSettings>,
  broker: Broker,
  table: OperationTable,
  metrics: StatusMetrics,
): void {
  const topology = topologyOf(table.all, topologySettings(ctx.settings))
  const sources = { broker, operations: table.all, topology, senderBucket: new KeyValue(broker, SENDER_BUCKET) }
  const drifted = new Set<string>()
  ctx.loop({
    name: 'pipeline',
    maxStepMs: 10 * 60_000,
    backoff: { firstMs: 1_000, maxMs: 30_000 },
    step: async () => {
      const facts = await readPipelineFacts(sources)
      showPipeline(metrics.pipeline, facts)
      for (const { name, field, expected, found } of facts.drift) {
        if (drifted.has(`${name} ${field}`)) continue
        drifted.add(`${name} ${field}`)
        ctx.logger.warn({ name, field, expected, found }, 'a stream is not what the settings say')
      }
      return ctx.settings.pipeline_polling
    },
  })
}

/** One watch for each stream, shared by all live streams. */
function watchStreams(
  ctx: ServiceContext<StatusSettings>,
  broker: Broker,
  table: OperationTable,
  live: LiveRequests,
  metrics: StatusMetrics,
): void {
  const watch = (stream: string, onSubject: (subject: string) => void) =>
    ctx.run(`watch ${stream}`, signal =>
      watchSubjects(broker, {
        stream,
        signal,
        onSubject,
        onBegin: () => live.noticedGap(),
        onInterrupted: detail => {
          metrics.watchInterrupted.inc({ stream })
          ctx.logger.debug({ stream, detail }, 'the watch over a stream was interrupted')
        },
      }),
    )
  for (const stream of [...table.all.map(requestStream), RESPONSES, OUTCOMES, DEAD_LETTERS]) {
    watch(stream, subject => live.noticed(subject))
  }
  watch(bucketStream(TX_SLOTS_BUCKET), () => live.noticedSlot())
}
