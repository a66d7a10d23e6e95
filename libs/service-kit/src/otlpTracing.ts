import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceContext } from '@kms-connector/streams'
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from './logger.ts'
import type { Identity } from './metrics.ts'
import { faultCode, type Span, type SpanOptions, type Tracing } from './tracing.ts'

/** Spans that wait for a collector, at most; more are dropped. About 10 MB. */
const QUEUE = 8_192
const BATCH = 512
const SEND_EVERY_MS = 1_000
const SEND_TIMEOUT_MS = 5_000
const CLOSE_MS = 2_000
/** A collector that is away is said once in this time. */
const WARN_EVERY_MS = 60_000

export interface OtlpOptions {
  readonly url: string
  /** `service_name` of the settings. */
  readonly serviceName: string
  readonly identity: Identity
  /** Share of new traces that is recorded, 0 to 1. Traces that began elsewhere are recorded when they are there. */
  readonly ratio: number
  readonly logger: Logger
}

/**
 * Traces to a collector, by the OpenTelemetry Protocol as JSON over HTTP. Spans wait in a queue of bounded size and are
 * sent in batches beside the work; when the collector is slow or away they are dropped, and nothing else happens.
 * Headers, such as for a token, come from OTEL_EXPORTER_OTLP_HEADERS.
 */
export function otlpTracing({ url, serviceName, identity, ratio, logger }: OtlpOptions): Tracing {
  warnOf(logger)
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: SEND_TIMEOUT_MS, concurrencyLimit: 1 })
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: QUEUE,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: SEND_TIMEOUT_MS,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'kms-connector',
      'service.name': serviceName,
      'service.version': identity.version,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  })
  const tracer = provider.getTracer('kms-connector', identity.version)
  return {
    span: (name, options = {}) => spanOf(tracer, name, options),
    close: () => Promise.race([provider.shutdown().catch(() => {}), sleep(CLOSE_MS, undefined, { ref: false })]),
  }
}

function spanOf(tracer: Tracer, name: string, { parent, links = [], attributes = {}, startedAt }: SpanOptions): Span {
  const options = {
    attributes: { ...attributes },
    links: links.map(link => ({ context: spanContext(link) })),
    ...(startedAt === undefined ? {} : { startTime: startedAt }),
  }
  const span = tracer.startSpan(name, options, contextOf(parent))
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    context: { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
    set: more => void span.setAttributes({ ...more }),
    end: fault => {
      if (fault !== undefined) {
        const code = faultCode(fault)
        span.setAttribute('error.type', code)
        span.setStatus({ code: SpanStatusCode.ERROR, message: code })
      }
      span.end()
    },
  }
}

function contextOf(parent: TraceContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...spanContext(parent), isRemote: true }) : ROOT_CONTEXT
}

function spanContext({ traceId, spanId, sampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE }
}

/** What the library has to say about sending: all of it means that spans are lost and nothing else. */
function warnOf(logger: Logger): void {
  let next = 0
  const warn = (detail: string) => {
    if (Date.now() < next) return
    next = Date.now() + WARN_EVERY_MS
    logger.warn({ detail: detail.slice(0, 300) }, 'could not send traces, they are dropped')
  }
  const quiet = () => {}
  diag.setLogger(
    { error: warn, warn: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  )
}
