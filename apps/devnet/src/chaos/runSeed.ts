import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Teardown } from '../process/teardown.ts'
import { type ChaosWorld, startChaosWorld } from './chaosWorld.ts'
import type { Finding, Verdict } from './checker.ts'
import { drain } from './drain.ts'
import { type Injected, playSchedule } from './playSchedule.ts'
import { describe, type Schedule } from './schedule.ts'
import { SupervisedService } from './supervisedService.ts'
import { ChaosWorkload } from './workload.ts'

export interface SeedOptions {
  /** Most minutes from the first fault to the drained pipeline. */
  readonly minutes: number
  /** Logs are kept below it; left out: only those of a failed seed are, in a temporary directory. */
  readonly keepLogs: string | undefined
  readonly signal: AbortSignal
  /** Told what happens. */
  readonly onLine: (line: string) => void
}

export interface SeedResult {
  readonly seed: number
  readonly findings: readonly Finding[]
  readonly counts: Verdict['counts']
  readonly injected: Injected
  /** Starts again by the supervisor, and those that a service asked for by exit code 75. */
  readonly restarts: number
  readonly restartsAsked: number
  /** From the first fault to the drained pipeline. */
  readonly seconds: number
  /** From the end of the faults to the drained pipeline. */
  readonly drainSeconds: number
  /** Where logs and streams are; undefined when they are gone. */
  readonly dir: string | undefined
}

/**
 * Runs one seed from nothing to the verdict, and leaves nothing running.
 * @throws ConnectorError when the world does not start; the reason of the signal
 */
export async function runSeed(schedule: Schedule, options: SeedOptions): Promise<SeedResult> {
  const dir = await directoryOf(schedule.seed, options.keepLogs)
  const teardown = new Teardown()
  let failed = true
  try {
    const world = await startChaosWorld({ ...schedule, dir, signal: options.signal }, teardown)
    const result = await run(schedule, world, options)
    failed = result.findings.length > 0
    return { ...result, dir: failed || options.keepLogs !== undefined ? dir : undefined }
  } finally {
    await teardown.run()
    if (!failed && options.keepLogs === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    else if (failed) options.onLine(`logs and streams are in ${dir}`)
  }
}

async function run(schedule: Schedule, world: ChaosWorld, options: SeedOptions): Promise<Omit<SeedResult, 'dir'>> {
  const { signal, onLine } = options
  const workload = await ChaosWorkload.prepare(world, schedule.seed)
  const start = performance.now()
  const deadline = start + options.minutes * 60_000
  const injected = await playSchedule(schedule, world, workload, signal, event => onLine(describe(event)))
  const faultsOver = performance.now()
  onLine(`all faults are over, ${workload.placed.size} requests are on chain`)
  const verdict = await drain(world, workload, deadline, signal, ended => onLine(`${ended} requests have ended`))
  const mortals = [...world.mortals.values()]
  const services = mortals.filter(mortal => mortal instanceof SupervisedService)
  const findings: Finding[] = [
    ...verdict.findings,
    ...mortals.flatMap(({ faults }) => faults.map(text => ({ rule: 'exit', text }))),
    ...workload.faults.map(text => ({ rule: 'world', text })),
  ]
  return {
    seed: schedule.seed,
    findings,
    counts: verdict.counts,
    injected,
    restarts: mortals.reduce((sum, { restarts }) => sum + restarts, 0),
    restartsAsked: services.reduce((sum, { restartsAsked }) => sum + restartsAsked, 0),
    seconds: (performance.now() - start) / 1000,
    drainSeconds: (performance.now() - faultsOver) / 1000,
  }
}

async function directoryOf(seed: number, keepLogs: string | undefined): Promise<string> {
  if (keepLogs === undefined) return mkdtemp(join(tmpdir(), `kms-connector-chaos-${seed}-`))
  const dir = join(keepLogs, `seed-${seed}`)
  // Streams of an earlier run of the same seed would count.
  await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  await mkdir(dir, { recursive: true })
  return dir
}
