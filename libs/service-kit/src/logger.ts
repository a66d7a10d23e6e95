import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { faultRecord } from './faultRecord.ts'
import type { LOG_LEVELS } from './processSettings.ts'
import { createRedactor } from './redact.ts'
import { REDACTED, type Secret } from './secret.ts'

/**
 * Levels are defined by what the operator must do:
 * - `fatal`: the process ends because of this.
 * - `error`: somebody must act, nothing will heal by itself.
 * - `warn`: worth watching; the process copes by itself (retries, falls back, waits).
 * - `info`: what happened, in a few lines a request.
 * - `debug`: how it happened; text from the network appears from here on only.
 * - `trace`: every step.
 *
 * A line is a sentence in past tense plus fields in snake_case: `logger.info({ request_id, block }, 'published request')`.
 * Faults go into the field `err`.
 */
export type Logger = PinoLogger

export interface LoggerOptions {
  readonly service: string
  readonly version: string
  readonly level: (typeof LOG_LEVELS)[number]
  /** Texts that are blanked out wherever they appear. */
  readonly secrets?: readonly Secret[]
  /** Standard output when left out. */
  readonly destination?: DestinationStream
}

/** Fields whose values are hidden whatever they are, one level deep and at the top. */
const CONFIDENTIAL = ['private_key', 'privateKey', 'mnemonic', 'password', 'secret', 'token', 'authorization']

/** Creates the JSON logger of a process. Every line passes a redactor, so a secret in a message of a library is hidden too. */
export function createLogger(options: LoggerOptions): Logger {
  const redact = createRedactor(options.secrets)
  return pino(
    {
      level: options.level,
      base: { service: options.service, version: options.version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: faultRecord },
      redact: { paths: CONFIDENTIAL.flatMap(name => [name, `*.${name}`]), censor: REDACTED },
      hooks: { streamWrite: redact },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

/** Fields that let an operator follow one request through all processes. */
export interface RequestFields {
  readonly request_id: string
  readonly operation?: string
  readonly trace_id?: string
}

/** A logger whose every line carries the request it is about. */
export function loggerOfRequest(logger: Logger, fields: RequestFields): Logger {
  return logger.child({ ...fields })
}
