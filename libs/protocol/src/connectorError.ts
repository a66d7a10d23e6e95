import { type Disposition, ERRORS, type ErrorCode } from './errorCodes.ts'

/** Structured facts of a fault: which input was wrong, where it came from. Never secrets, never ciphertext bytes. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * The one error type that crosses a package boundary. The message starts with the code so that it is visible in every
 * log line; what to do next comes from the table of codes.
 */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  /**
   * @param code entry of the error table
   * @param detail which input was wrong and how, in a few words
   * @param facts the same as fields, for logs
   * @param cause the fault underneath, if any
   */
  constructor(code: ErrorCode, detail: string, facts: ErrorFacts = {}, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.facts = facts
  }

  get disposition(): Disposition {
    return ERRORS[this.code].disposition
  }

  get hint(): string {
    return ERRORS[this.code].hint
  }
}

/** Wraps anything thrown into a {@link ConnectorError}; what has no code of its own becomes `INTERNAL`. */
export function toConnectorError(fault: unknown): ConnectorError {
  if (fault instanceof ConnectorError) return fault
  const detail = fault instanceof Error ? fault.message : String(fault)
  return new ConnectorError('INTERNAL', detail, {}, fault)
}
