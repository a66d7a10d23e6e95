import { parseArgs } from 'node:util'

/** What is measured, and how long. */
export interface ScalingOptions {
  /** Milliseconds that the KMS Core takes for a request. */
  readonly delayMs: number
  /** Requests that one worker holds at once. */
  readonly inFlight: number
  /** Length of a measured window when nothing but the Core limits; it is counted in answers. */
  readonly seconds: number
}

/** What the command line asks for; `unusable` carries the reason. */
export type ScalingCommand =
  | { readonly verb: 'run'; readonly options: ScalingOptions }
  | { readonly verb: 'help' }
  | { readonly verb: 'unusable'; readonly problem: string }

export const USAGE = `Measures how kms-worker scales out: one, two and four replicas in front of one slow KMS Core, then kills and
replaces replicas under load, and checks on chain that nothing was lost or answered twice.

Usage: npm run scaling -- [OPTIONS]

Options:
  --delay-ms N   what the KMS Core takes for a request, 50 to 10000 (default 400)
  --in-flight N  requests that a worker holds at once, 1 to 64 (default 16)
  --seconds N    length of each measurement, 1 to 60 (default 6)
  -h, --help     print this

Exit codes: 0 one replica comes near what the Core allows, two answer at least 1.9 and four 3.6 times as many requests a
second, no replica was left without its share, and every request was answered exactly once; 1 anything else; 130 stopped
by Ctrl-C.
`

const OPTIONS = {
  'delay-ms': { type: 'string' },
  'in-flight': { type: 'string' },
  seconds: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments. Pure and total. */
export function parseScalingCommand(argv: readonly string[]): ScalingCommand {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS })
    if (values.help) return { verb: 'help' }
    const delayMs = wholeNumber('delay-ms', values['delay-ms'], 400, 50, 10_000)
    const inFlight = wholeNumber('in-flight', values['in-flight'], 16, 1, 64)
    const seconds = wholeNumber('seconds', values.seconds, 6, 1, 60)
    return { verb: 'run', options: { delayMs, inFlight, seconds } }
  } catch (fault) {
    return { verb: 'unusable', problem: fault instanceof Error ? fault.message : String(fault) }
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RangeError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}
