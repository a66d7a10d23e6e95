import {
  ConnectorError,
  decodeRequest,
  done,
  encodeResponse,
  type OperationTable,
  type Request,
  type Verdict,
} from '@kms-connector/protocol'
import { inSpan, type Logger } from '@kms-connector/service-kit'
import {
  type Broker,
  childTrace,
  type Delivery,
  messageId,
  parseSubject,
  publishOnce,
  responseSubject,
  type TraceContext,
  traceHeaders,
  traceOf,
} from '@kms-connector/streams'
import { handleRequest, type RequestDependencies } from './handleRequest.ts'
import type { WorkerMetrics } from './metrics.ts'
import type { RequestTraces } from './requestTraces.ts'

export interface WorkDependencies extends RequestDependencies {
  /** Connection for publishing, apart from the one that consumes. */
  readonly broker: Broker
  readonly table: OperationTable
  readonly traces: RequestTraces
  readonly metrics: WorkerMetrics
  readonly logger: Logger
}

/**
 * Works on one message from a request stream. The response is certain to be stored before the request is acknowledged:
 * a crash in between repeats the request, and the stream keeps the first response.
 * @throws ConnectorError whose disposition says what becomes of the message
 */
export async function workDelivery(
  dependencies: WorkDependencies,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Verdict> {
  const request = readDelivery(dependencies.table, delivery)
  return dependencies.traces.attempt(delivery, request, span =>
    answer(dependencies, delivery, request, span.context, signal),
  )
}

async function answer(
  dependencies: WorkDependencies,
  delivery: Delivery,
  request: Request,
  span: TraceContext | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  const { broker, tracing, metrics, logger } = dependencies
  const { operation, id } = request
  const trace = span ?? childTrace(traceOf(delivery.headers))
  const response = await handleRequest(dependencies, request, delivery.attempt > 1, span, signal)
  const result = await inSpan(tracing, 'publish', { parent: span }, () =>
    publishOnce(broker, responseSubject(operation, id), encodeResponse(response), {
      msgId: messageId(id),
      headers: traceHeaders(trace, id),
      signal,
      onStalled: stall => {
        metrics.stalls.inc({ code: stall.error.code })
        const { news, error, waiting } = stall
        if (news) logger.warn({ err: error, request_id: id, waiting }, 'waited for the broker')
      },
    }),
  )
  const fields = { request_id: id, operation: operation.name, trace_id: trace.traceId, attempt: delivery.attempt }
  logger.info(fields, result === 'stored' ? 'published an answer' : 'found the answer published already')
  return done
}

/** @throws ConnectorError MESSAGE_MALFORMED when the body is no request, or another one than its subject says */
function readDelivery(table: OperationTable, { subject, body }: Delivery): Request {
  const request = decodeRequest(table, body)
  const parts = parseSubject(subject)
  if (parts?.kind !== 'request' || parts.operation !== request.operation.name || parts.id !== request.id) {
    throw new ConnectorError('MESSAGE_MALFORMED', `${subject} holds ${request.operation.name} ${request.id}`)
  }
  return request
}
