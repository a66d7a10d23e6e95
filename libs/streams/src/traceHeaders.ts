import { randomFillSync } from 'node:crypto'

/** Position in a distributed trace, in the terms of W3C Trace Context. */
export interface TraceContext {
  /** 32 lower-case hex digits, the same for everything that belongs to one request. */
  readonly traceId: string
  /** 16 lower-case hex digits of the step that sent this. */
  readonly spanId: string
  readonly sampled: boolean
}

export const TRACEPARENT = 'traceparent'
export const REQUEST_ID_HEADER = 'Kms-Request-Id'

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const ZEROS = /^0+$/

export function newTrace(sampled = true): TraceContext {
  return { traceId: randomHex(16), spanId: randomHex(8), sampled }
}

/** Random bytes for many ids: asking for a few at a time costs twenty times as much. */
const pool = Buffer.alloc(4_096)
let used = pool.length

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}

/** @returns the next step of a trace, or a new trace where there is none */
export function childTrace(parent: TraceContext | undefined): TraceContext {
  return parent ? { ...parent, spanId: randomHex(8) } : newTrace()
}

/** @returns the headers of a message that belongs to a trace and a request */
export function traceHeaders(trace: TraceContext, requestId: string): Readonly<Record<string, string>> {
  return { [TRACEPARENT]: traceparentOf(trace), [REQUEST_ID_HEADER]: requestId }
}

export function traceparentOf(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`
}

/**
 * Reads the trace of a message. What is malformed is treated as absent: a trace must never fail a request.
 * Versions above 00 are read as far as 00 goes; version ff and all-zero ids are invalid.
 */
export function traceOf(headers: Readonly<Record<string, string>>): TraceContext | undefined {
  const match = PATTERN.exec(headers[TRACEPARENT] ?? '')
  if (!match) return undefined
  const [whole, version, traceId = '', spanId = '', flags = ''] = match
  if (version === 'ff' || (version === '00' && whole.length !== 55)) return undefined
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
