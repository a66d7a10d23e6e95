import { BUCKETS_NEAR, type Metrics } from '@kms-connector/service-kit'
import { pipelineMetrics } from './pipelineMetrics.ts'

/** The whole pipeline, and the journey of a question: refused or answered; live streams: opened, changes sent, ended. */
export function statusMetrics(metrics: Metrics, openStreams: () => number) {
  metrics.gauge({
    name: 'kms_connector_request_status_streams_open',
    help: 'Live streams of changes being served now.',
    collect: gauge => gauge.set(openStreams()),
  })
  return {
    pipeline: pipelineMetrics(metrics),
    answerSeconds: metrics.histogram({
      name: 'kms_connector_request_status_answer_seconds',
      help: 'Duration of answers in seconds, by route and HTTP status; of live streams until the first byte.',
      labels: ['route', 'status'],
      buckets: BUCKETS_NEAR,
    }),
    refused: metrics.counter({
      name: 'kms_connector_request_status_refused_total',
      help: 'Questions that were refused before a look at the streams: malformed, too many, too many live streams.',
      labels: ['reason'],
    }),
    events: metrics.counter({
      name: 'kms_connector_request_status_events_total',
      help: 'Changes sent on live streams.',
    }),
    dropped: metrics.counter({
      name: 'kms_connector_request_status_streams_dropped_total',
      help: 'Live streams that were cut because their reader was too slow.',
    }),
    watchInterrupted: metrics.counter({
      name: 'kms_connector_request_status_watch_interruptions_total',
      help: 'Interruptions of the watch over a stream; everything watched is looked at again after each.',
      labels: ['stream'],
    }),
  }
}

export type StatusMetrics = ReturnType<typeof statusMetrics>
