import { ConnectorError } from '@kms-connector/protocol'

/** What the exit code tells whoever started the process. */
export const EXIT = {
  /** Asked to stop, everything in flight was finished or handed back. */
  stopped: 0,
  /** Do not restart me: it would fail the same way until an operator changes something. */
  doNotRestart: 1,
  /** Restart me (EX_TEMPFAIL of sysexits): an unexpected fault, or a stop that had to be cut short. */
  restart: 75,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A fault whose disposition is `fatal` must not be restarted into; everything else may heal by a restart. */
export function exitCodeOf(fault: unknown): ExitCode {
  return fault instanceof ConnectorError && fault.disposition === 'fatal' ? EXIT.doNotRestart : EXIT.restart
}
