import type { ConnectorError } from './connectorError.ts'

/**
 * How a stage ends for one message. Stages decide in these words only; `libs/streams` maps them to ack, nak with delay,
 * and dead letter + term.
 */
export type Verdict =
  | { readonly kind: 'done' }
  /** Try again; `afterMs` overrides the backoff of the retry policy. */
  | { readonly kind: 'retry'; readonly error: ConnectorError; readonly afterMs?: number }
  | { readonly kind: 'dead'; readonly error: ConnectorError }

export const done: Verdict = { kind: 'done' }

/** The verdict that the disposition of an error asks for; `park` and `fatal` faults never consume the message. */
export function verdictOf(error: ConnectorError): Verdict {
  return error.disposition === 'dead' ? { kind: 'dead', error } : { kind: 'retry', error }
}
