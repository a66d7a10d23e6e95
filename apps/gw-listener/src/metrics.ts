import { BUCKETS_REQUEST, byEventType, type Metrics, rpcMetrics } from '@kms-connector/service-kit'

/** The journey of a request through the listener: found on chain, published, cursor moved. */
export function listenerMetrics(metrics: Metrics) {
  return {
    rpc: rpcMetrics(metrics),
    headBlock: metrics.gauge({
      name: 'kms_connector_listener_head_block_number',
      help: 'Highest block that the endpoint offered under the finality setting.',
      labels: ['group'],
    }),
    cursorBlock: metrics.gauge({
      name: 'kms_connector_listener_cursor_block_number',
      help: 'Last block whose requests are all published.',
      labels: ['group'],
    }),
    lagBlocks: metrics.gauge({
      name: 'kms_connector_listener_cursor_lag_blocks',
      help: 'Blocks between the head and the last block whose requests are all published; 0 when there is nothing to read.',
      labels: ['group'],
    }),
    headChanged: metrics.gauge({
      name: 'kms_connector_listener_head_changed_timestamp_seconds',
      help: 'Unix time at which the head was seen to change last; on a chain without blocks it stands still.',
      labels: ['group'],
    }),
    looked: metrics.gauge({
      name: 'kms_connector_listener_looked_timestamp_seconds',
      help: 'Unix time of the last look at the chain that ended well, whether or not there was a new block.',
      labels: ['group'],
    }),
    published: metrics.counter({
      name: 'kms_connector_listener_requests_published_total',
      help: 'Requests that this process stored on a stream first.',
      labels: ['operation'],
      aliases: [byEventType('kms_connector_gw_listener_event_received_counter')],
    }),
    duplicates: metrics.counter({
      name: 'kms_connector_listener_requests_duplicate_total',
      help: 'Requests that were on their stream already, after a restart, an overlap or because of a second listener.',
      labels: ['operation'],
    }),
    undecodable: metrics.counter({
      name: 'kms_connector_listener_logs_undecodable_total',
      help: 'Logs of our events that could not be decoded and became dead letters.',
      labels: ['operation'],
    }),
    conflicts: metrics.counter({
      name: 'kms_connector_listener_request_conflicts_total',
      help: 'Requests whose id was seen before with another payload, a sign of a chain reorganisation.',
      labels: ['operation'],
    }),
    missingIds: metrics.gauge({
      name: 'kms_connector_listener_missing_ids',
      help: 'Ids that must exist, because higher ones do, and whose requests no endpoint has shown yet.',
      labels: ['operation'],
    }),
    secondOpinions: metrics.counter({
      name: 'kms_connector_listener_second_opinions_total',
      help: 'Blocks without logs whose bloom filter promised some, by what the second look said: confirmed or contradicted, or unconfirmed when nobody else could be asked.',
      labels: ['group', 'result'],
    }),
    reorgs: metrics.counter({
      name: 'kms_connector_listener_reorgs_total',
      help: 'Reorganisations of the chain that were noticed because a block had another hash than before.',
      labels: ['group'],
    }),
    reorgDepth: metrics.histogram({
      name: 'kms_connector_listener_reorg_depth_blocks',
      help: 'How many blocks a reorganisation took back.',
      labels: ['group'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 1_024],
    }),
    vanished: metrics.counter({
      name: 'kms_connector_listener_requests_vanished_total',
      help: 'Requests that were published and whose block a reorganisation took away without bringing them back.',
      labels: ['operation'],
    }),
    doorbell: metrics.counter({
      name: 'kms_connector_listener_doorbell_rings_total',
      help: 'New blocks that the WebSocket announced before the listener looked by itself.',
    }),
    stalls: metrics.counter({
      name: 'kms_connector_listener_publish_stalls_total',
      help: 'Attempts to publish that the broker did not confirm and that were repeated.',
      labels: ['code'],
    }),
    publishLag: metrics.histogram({
      name: 'kms_connector_listener_publish_lag_seconds',
      help: 'Time from the block of a request to its publication in seconds, where the endpoint tells block times.',
      labels: ['operation'],
      buckets: BUCKETS_REQUEST,
    }),
  }
}

export type ListenerMetrics = ReturnType<typeof listenerMetrics>

/** Notes the head; the time only when it is another one than before. */
export function noteHead(metrics: ListenerMetrics, group: string, head: number, before: number | undefined): void {
  metrics.headBlock.set({ group }, head)
  if (head !== before) metrics.headChanged.set({ group }, Date.now() / 1000)
}

/** Notes that a look at the chain ended well, and how far behind its head it left the cursor. */
export function noteLook(metrics: ListenerMetrics, group: string, head: number, cursor: number): void {
  metrics.lagBlocks.set({ group }, Math.max(0, head - cursor))
  metrics.looked.set({ group }, Date.now() / 1000)
}

/** What the reconciler finds. */
export function reconcileMetrics(metrics: Metrics) {
  return {
    repeated: metrics.counter({
      name: 'kms_connector_listener_requests_repeated_total',
      help: 'Requests that were acknowledged but neither answered nor given up, and that this process published again.',
      labels: ['operation'],
    }),
    open: metrics.gauge({
      name: 'kms_connector_listener_requests_unanswered_count',
      help: 'Requests older than the age of reconciliation that have neither an answer nor an outcome nor a dead letter.',
      labels: ['operation'],
    }),
    unsettled: metrics.gauge({
      name: 'kms_connector_listener_answers_unsettled_count',
      help: 'Answers behind the checkpoint of the sender that have no outcome; there should be none.',
      labels: [],
    }),
  }
}

export type ReconcileMetrics = ReturnType<typeof reconcileMetrics>
