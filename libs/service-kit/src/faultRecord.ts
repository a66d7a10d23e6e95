import { ConnectorError } from '@kms-connector/protocol'

/** A fault as fields of a log line. */
export interface FaultRecord {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly disposition?: string
  /** What the operator does next. */
  readonly hint?: string
  readonly facts?: Readonly<Record<string, unknown>>
  readonly stack?: string
  /** The faults underneath, outermost first. */
  readonly causes?: readonly { readonly type: string; readonly message: string; readonly code?: string }[]
}

/** Client libraries put whole requests into their messages; a log line must stay readable. */
const MAX_TEXT = 8_192
const MAX_CAUSES = 8

/** Turns anything thrown into fields: code, hint and facts of our own errors, and the chain of causes. Never throws. */
export function faultRecord(fault: unknown): FaultRecord {
  if (!(fault instanceof Error)) return { type: typeof fault, message: cut(safeText(fault)) }
  const code = codeOf(fault)
  const causes = causesOf(fault)
  return {
    type: fault.name,
    message: cut(fault.message),
    ...(code === undefined ? {} : { code }),
    ...(fault instanceof ConnectorError
      ? { disposition: fault.disposition, hint: fault.hint, facts: fault.facts }
      : {}),
    ...(fault.stack === undefined ? {} : { stack: cut(fault.stack) }),
    ...(causes.length === 0 ? {} : { causes }),
  }
}

function causesOf(fault: Error): NonNullable<FaultRecord['causes']> {
  const causes: { type: string; message: string; code?: string }[] = []
  const seen = new Set<unknown>([fault])
  let next: unknown = fault.cause ?? firstOf(fault)
  while (next !== undefined && next !== null && !seen.has(next) && causes.length < MAX_CAUSES) {
    seen.add(next)
    const cause = next instanceof Error ? next : undefined
    const code = cause === undefined ? undefined : codeOf(cause)
    const about = { type: cause?.name ?? typeof next, message: cut(cause?.message ?? safeText(next)) }
    causes.push(code === undefined ? about : { ...about, code })
    next = cause?.cause ?? (cause === undefined ? undefined : firstOf(cause))
  }
  return causes
}

/**
 * A fault in one short line, for status pages: what failed and what was underneath. Connection faults often have an empty
 * message and only a code.
 */
export function faultText(fault: unknown): string {
  const { type, message, code, causes = [] } = faultRecord(fault)
  const root = causes.at(-1)
  const parts = [message || (code ?? type), root?.message || (root?.code ?? '')].filter(part => part !== '')
  return parts.join(': ').slice(0, 500).replaceAll(/\s+/g, ' ')
}

const firstOf = (fault: Error): unknown => (fault instanceof AggregateError ? fault.errors[0] : undefined)

function codeOf(fault: Error): string | undefined {
  if (!('code' in fault)) return undefined
  const { code } = fault
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
}

function safeText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that has no text form was thrown'
  }
}

const cut = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text)
