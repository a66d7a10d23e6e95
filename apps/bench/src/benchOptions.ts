import { parseArgs } from 'node:util'
import { SHAPE_NAMES } from './shapes/shapeNames.ts'

export type PipelineName = (typeof PIPELINES)[number]

/** The connector, and what it is held against: the same libraries without checks and safety, and less than those. */
export const PIPELINES = ['bare', 'lean', 'product'] as const

/** What is measured, and what becomes of the figures. */
export interface BenchOptions {
  /** Shapes to run, in the order of the suite. */
  readonly shapes: readonly string[]
  /** Smaller waves, so that the whole suite ends within five minutes. */
  readonly quick: boolean
  /** Requests that wait at the begin of a saturating shape; undefined: as many as the shape says. */
  readonly requests: number | undefined
  /** Pipelines of a saturating shape, one after the other; undefined: as the shape says. */
  readonly runs: readonly PipelineName[] | undefined
  /** Length of the soak in minutes, where it runs. */
  readonly soakMinutes: number
  /** File that gets every figure as JSON. */
  readonly json: string | undefined
  /** Folder that gets CPU profiles of every process of both pipelines. */
  readonly profile: string | undefined
  /** The run is drawn and appended to the history in bench/results. */
  readonly record: boolean
  /** A missed target ends the run with exit code 1. */
  readonly verdict: boolean
}

/** What the command line asks for; `unusable` carries the reason. */
export type BenchCommand =
  | { readonly verb: 'run'; readonly options: BenchOptions }
  | { readonly verb: 'help' }
  | { readonly verb: 'list' }
  | { readonly verb: 'unusable'; readonly problem: string }

export const USAGE = `Measures how fast the connector is, and how near it comes to a bare pipeline of the same libraries without checks and
safety, in the same run on the same machine.

Usage: npm run bench -- [OPTIONS]

Options:
  --quick           the whole suite with smaller waves, within five minutes
  --only NAME,...   these shapes only; --list tells their names
  --soak MINUTES    runs the soak as well, 1 to 1440 (30 to judge memory)
  --requests N      requests that wait at the begin of a saturating shape, 100 to 1000000
  --runs P,...      pipelines of a saturating shape in their order: bare, lean, product
  --json FILE       writes every figure
  --profile DIR     writes CPU profiles of every process of the pipelines
  --record          draws and keeps the run in bench/results although it is not the whole suite
  --no-record       does not, although it is
  --no-verdict      only measures: a missed target does not fail the run
  --list            prints the shapes
  -h, --help        prints this

Exit codes: 0 every target is met and no request was lost or answered twice; 1 anything else; 130 stopped by Ctrl-C.
`

const SOAK_MINUTES = 30

const OPTIONS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  soak: { type: 'string' },
  requests: { type: 'string' },
  runs: { type: 'string' },
  json: { type: 'string' },
  profile: { type: 'string' },
  record: { type: 'boolean' },
  'no-record': { type: 'boolean' },
  'no-verdict': { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments. Pure and total. */
export function parseBenchCommand(argv: readonly string[]): BenchCommand {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS })
    if (values.help) return { verb: 'help' }
    if (values.list) return { verb: 'list' }
    const soakMinutes = wholeNumber('soak', values.soak, 1, 1440)
    const options = {
      shapes: shapesOf(values.only, soakMinutes !== undefined),
      quick: values.quick ?? false,
      requests: wholeNumber('requests', values.requests, 100, 1_000_000),
      runs: values.runs === undefined ? undefined : values.runs.split(',').map(pipelineOf),
      soakMinutes: soakMinutes ?? SOAK_MINUTES,
      json: values.json,
      profile: values.profile,
      record: !values['no-record'] && (values.record ?? isWholeSuite(values)),
      verdict: !values['no-verdict'],
    }
    return { verb: 'run', options }
  } catch (fault) {
    return { verb: 'unusable', problem: fault instanceof Error ? fault.message : String(fault) }
  }
}

/** Runs of a part, or of other loads than those of the suite, would be strangers in the history. */
function isWholeSuite({ only, requests, runs, profile }: Readonly<Record<string, unknown>>): boolean {
  return [only, requests, runs, profile].every(option => option === undefined)
}

/** The soak takes longer than everything else together, so it runs only when it is asked for. */
function shapesOf(only: string | undefined, soak: boolean): string[] {
  if (only === undefined) return SHAPE_NAMES.filter(name => soak || name !== 'soak')
  const wanted = only.split(',')
  const unknown = wanted.find(name => !SHAPE_NAMES.some(known => known === name))
  if (unknown !== undefined) throw new RangeError(`there is no shape "${unknown}"; --list tells their names`)
  return SHAPE_NAMES.filter(name => wanted.includes(name))
}

function pipelineOf(name: string): PipelineName {
  const pipeline = PIPELINES.find(known => known === name)
  if (!pipeline) throw new RangeError(`--runs takes ${PIPELINES.join(', ')}, not "${name}"`)
  return pipeline
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RangeError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}
