import { byEventType, type Metrics } from '@kms-connector/service-kit'
import type { PipelineFacts } from './pipelineFacts.ts'

/** Where the whole pipeline stands. Exported here, by the service that only looks, so that N workers do not each ask. */
export function pipelineMetrics(metrics: Metrics) {
  return {
    read: metrics.gauge({
      name: 'kms_connector_pipeline_read_timestamp_seconds',
      help: 'Unix time at which the numbers of the pipeline were read from NATS last.',
    }),
    requestsOpen: metrics.gauge({
      name: 'kms_connector_pipeline_requests_open',
      help: 'Requests on their stream that have no answer and were not given up, waiting or in the hands of a worker.',
      labels: ['operation'],
      aliases: [byEventType('kms_connector_pending_events')],
    }),
    requestsHeld: metrics.gauge({
      name: 'kms_connector_pipeline_requests_held',
      help: 'Requests that workers have taken and not settled, of all workers together.',
      labels: ['operation'],
    }),
    oldestRequest: metrics.gauge({
      name: 'kms_connector_pipeline_oldest_request_seconds',
      help: 'Age of the oldest request without an answer in seconds, 0 when there is none.',
      labels: ['operation'],
    }),
    answersOpen: metrics.gauge({
      name: 'kms_connector_pipeline_answers_open',
      help: 'Answers on their stream that the sender has not settled yet.',
    }),
    oldestAnswer: metrics.gauge({
      name: 'kms_connector_pipeline_oldest_answer_seconds',
      help: 'Age of the oldest answer that is not settled in seconds, 0 when there is none.',
    }),
    deadLetters: metrics.gauge({
      name: 'kms_connector_dead_letters_open',
      help: 'Dead letters that wait for the decision of an operator.',
    }),
    oldestDeadLetter: metrics.gauge({
      name: 'kms_connector_dead_letters_oldest_seconds',
      help: 'Age of the oldest dead letter in seconds, 0 when there is none.',
    }),
    streamMessages: metrics.gauge({
      name: 'kms_connector_stream_messages',
      help: 'Messages that a stream holds.',
      labels: ['stream'],
    }),
    streamBytes: metrics.gauge({
      name: 'kms_connector_stream_bytes_ratio',
      help: 'Bytes of a stream as a share of its cap; at 1 it refuses new messages, OUTCOMES drops its oldest.',
      labels: ['stream'],
    }),
    drift: metrics.gauge({
      name: 'kms_connector_topology_drift_fields',
      help: 'Fields of streams and consumers on NATS that are not what the settings of this service say.',
    }),
  }
}

export type PipelineMetrics = ReturnType<typeof pipelineMetrics>

export function showPipeline(metrics: PipelineMetrics, facts: PipelineFacts): void {
  for (const [operation, { open, held, oldestSeconds }] of facts.requests) {
    metrics.requestsOpen.set({ operation }, open)
    metrics.requestsHeld.set({ operation }, held)
    metrics.oldestRequest.set({ operation }, oldestSeconds)
  }
  metrics.answersOpen.set(facts.answers.open)
  metrics.oldestAnswer.set(facts.answers.oldestSeconds)
  metrics.deadLetters.set(facts.deadLetters.open)
  metrics.oldestDeadLetter.set(facts.deadLetters.oldestSeconds)
  for (const { stream, messages, bytes, maxBytes } of facts.streams) {
    metrics.streamMessages.set({ stream }, messages)
    if (maxBytes !== undefined) metrics.streamBytes.set({ stream }, bytes / maxBytes)
  }
  metrics.drift.set(facts.drift.length)
  metrics.read.set(Date.now() / 1000)
}
