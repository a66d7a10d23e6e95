import { parseArgs } from 'node:util'

export interface ChaosOptions {
  /** Runs one after the other. */
  readonly seeds: readonly number[]
  readonly requests: number
  /** SIGKILLs of a seed. */
  readonly kills: number
  /** Deadline of one seed, from its first fault to the drained pipeline. */
  readonly minutes: number
  /** Logs and streams of every seed are kept below it, not only those of failed ones. */
  readonly keepLogs: string | undefined
  /** Prints the schedules and starts nothing. */
  readonly scheduleOnly: boolean
}

export type ChaosCommand =
  | { readonly verb: 'run'; readonly options: ChaosOptions }
  | { readonly verb: 'help' }
  | { readonly verb: 'unusable'; readonly problem: string }

export const USAGE = `Runs the whole pipeline under kills and faults that are drawn from a seed, and checks every answer.

Usage: npm run chaos -- [OPTIONS]

Options:
  --seed N         seed of the schedule, 0 to 4294967295 (default 1)
  --seeds A..B     several seeds, one after the other
  --requests N     decryptions to request, 1 to 20000 (default 500)
  --kills N        SIGKILLs, 0 to 1000 (default: one for every 20 requests, at least 3)
  --minutes N      most minutes of one seed, 1 to 120 (default 6)
  --keep-logs DIR  keeps logs and streams of every seed below DIR; those of a failed seed are kept in any case
  --schedule       prints the schedules and starts nothing
  -h, --help       print this

Exit codes: 0 nothing missing, nothing double, no gap; 1 a check failed or the options are unusable; 130 stopped by Ctrl-C.
`

const OPTIONS = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  requests: { type: 'string' },
  kills: { type: 'string' },
  minutes: { type: 'string' },
  'keep-logs': { type: 'string' },
  schedule: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const MOST_SEEDS = 10_000
const HIGHEST_SEED = 2 ** 32 - 1
const REQUESTS_A_KILL = 20
const LEAST_KILLS = 3

/** SIGKILLs that go with so many requests. */
export function killsFor(requests: number): number {
  return Math.max(LEAST_KILLS, Math.ceil(requests / REQUESTS_A_KILL))
}

/** Reads the arguments. Pure and total. */
export function parseChaosCommand(argv: readonly string[]): ChaosCommand {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS })
    if (values.help) return { verb: 'help' }
    const requests = wholeNumber('requests', values.requests, 500, 1, 20_000)
    const options = {
      seeds: seedsOf(values.seed, values.seeds),
      requests,
      kills: wholeNumber('kills', values.kills, killsFor(requests), 0, 1000),
      minutes: wholeNumber('minutes', values.minutes, 6, 1, 120),
      keepLogs: values['keep-logs'],
      scheduleOnly: values.schedule ?? false,
    }
    return { verb: 'run', options }
  } catch (fault) {
    return { verb: 'unusable', problem: fault instanceof Error ? fault.message : String(fault) }
  }
}

function seedsOf(one: string | undefined, several: string | undefined): number[] {
  if (one !== undefined && several !== undefined) throw new RangeError('--seed and --seeds contradict each other')
  if (several === undefined) return [wholeNumber('seed', one, 1, 0, HIGHEST_SEED)]
  const match = /^(\d{1,10})\.\.(\d{1,10})$/.exec(several)
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  if (!(from <= to && to <= HIGHEST_SEED && to - from < MOST_SEEDS))
    throw new RangeError('--seeds must be A..B, such as 1..20')
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}

function wholeNumber(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RangeError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}
