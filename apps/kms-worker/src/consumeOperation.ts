import type { Operation } from '@kms-connector/protocol'
import type { Logger, ServiceContext, WorkerSettings } from '@kms-connector/service-kit'
import {
  type Broker,
  type ConsumeEvent,
  type Consumption,
  consume,
  type RetryPolicy,
  requestStream,
  retryPolicyOf,
} from '@kms-connector/streams'
import type { WorkerMetrics } from './metrics.ts'
import { type WorkDependencies, workDelivery } from './workDelivery.ts'

/**
 * Consumes the stream of one operation: decryptions in batches, key operations one at a time.
 * Every operation has a consumer of its own, so that hours of key generation never hold a decryption.
 */
export function consumeOperation(
  ctx: ServiceContext<WorkerSettings>,
  consumer: Broker,
  dependencies: WorkDependencies,
  operation: Operation,
): Consumption {
  const { settings, logger } = ctx
  const { metrics } = dependencies
  const isDecryption = operation.group === 'decryption'
  return consume(consumer, {
    stream: requestStream(operation),
    stage: 'kms-worker',
    batchSize: isDecryption ? settings.events_batch_size : 1,
    lingerMs: isDecryption ? settings.batch_linger : 0,
    maxInFlight: isDecryption ? settings.max_in_flight : settings.key_management_in_flight,
    retry: retryOf(operation, settings),
    heartbeatMs: settings.streams.ack_wait / 4,
    handler: (batch, signal) => {
      metrics.batchSize.observe({ operation: operation.name }, batch.length)
      return batch.map(delivery => workDelivery(dependencies, delivery, signal))
    },
    onEvent: event => onEvent(logger, metrics, operation.name, event),
  })
}

function retryOf(operation: Operation, settings: WorkerSettings): RetryPolicy {
  const policy = retryPolicyOf(operation.group)
  if (!policy.budget) return policy
  return { ...policy, budget: { attempts: settings.max_decryption_attempts, ageMs: settings.max_decryption_age } }
}

/** Failed pulls between two lines about them: about half a minute. */
const FAILURES_A_LINE = 16

function onEvent(logger: Logger, metrics: WorkerMetrics, operation: string, event: ConsumeEvent): void {
  switch (event.kind) {
    case 'settled':
      onSettled(logger, metrics, operation, event)
      return
    case 'settle-failed':
      logger.error(
        { err: event.error, operation, subject: event.delivery.subject },
        'could not store a dead letter, the message stays on its stream',
      )
      return
    case 'dead-letter-stalled':
      metrics.stalls.inc({ code: event.stall.error.code })
      if (event.stall.news)
        logger.warn({ err: event.stall.error, operation }, 'waited for the broker to store a dead letter')
      return
    case 'redelivered-while-held':
      logger.debug({ operation, subject: event.delivery.subject }, 'ignored a second delivery of a message in hand')
      return
    case 'pull-failed':
      // They follow each other by the second while a broker is away.
      if (event.failures % FAILURES_A_LINE !== 1) return
      logger.warn({ operation, detail: event.detail, failures: event.failures }, 'reading the stream was interrupted')
      return
    default:
      logger.warn({ operation, event }, 'requests wait, but none arrive')
  }
}

type Settled = Extract<ConsumeEvent, { kind: 'settled' }>

function onSettled(
  logger: Logger,
  metrics: WorkerMetrics,
  operation: string,
  { delivery, settlement, heldMs }: Settled,
): void {
  const code = settlement.kind === 'ack' ? '' : settlement.error.code
  metrics.settled.inc({ operation, settlement: settlement.kind, code })
  if (settlement.kind === 'ack') {
    metrics.requestSeconds.observe({ operation }, heldMs / 1000)
    return
  }
  const fields = {
    err: settlement.error,
    operation,
    subject: delivery.subject,
    attempt: delivery.attempt,
    held_ms: Math.round(heldMs),
  }
  if (settlement.kind === 'dead') logger.error(fields, 'gave up a request and kept it as a dead letter')
  else logger.warn({ ...fields, again_in_ms: settlement.delayMs }, 'could not answer a request yet')
}
