import { toConnectorError } from '@kms-connector/protocol'
import type { TraceContext } from '@kms-connector/streams'

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface SpanOptions {
  /** The span that this one is a part of, of this process or of the one that sent a message. A new trace without one. */
  readonly parent?: TraceContext | undefined
  /** Spans that this one follows without being a part of them, such as an earlier attempt. */
  readonly links?: readonly TraceContext[]
  /** Never a secret, never text from outside. */
  readonly attributes?: SpanAttributes
  /** Milliseconds since the epoch, for what began before it was known. */
  readonly startedAt?: number | undefined
}

/** A piece of work in a trace. One that is never ended is never shown. */
export interface Span {
  /** For the headers of what this work sends; undefined while nothing is traced. */
  readonly context: TraceContext | undefined
  set(attributes: SpanAttributes): void
  /** @param fault why the work failed; only its code is shown */
  end(fault?: unknown): void
}

/** Records what a request goes through. It never throws, never waits, and forgets rather than grows. */
export interface Tracing {
  span(name: string, options?: SpanOptions): Span
  /** Sends what is left, within two seconds. */
  close(): Promise<void>
}

const NO_SPAN: Span = { context: undefined, set: () => {}, end: () => {} }

/** Records nothing. */
export const NO_TRACING: Tracing = { span: () => NO_SPAN, close: () => Promise.resolve() }

/** Does a piece of work in a span of its own. */
export async function inSpan<T>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.span(name, options)
  try {
    const result = await work(span)
    span.end()
    return result
  } catch (fault) {
    span.end(fault)
    throw fault
  }
}

/** The code that a span shows of a fault. */
export function faultCode(fault: unknown): string {
  return toConnectorError(fault).code
}
