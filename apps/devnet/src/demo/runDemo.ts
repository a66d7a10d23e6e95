import { once } from 'node:events'
import { type Devnet, startDevnet, underKey } from '../devnet/index.ts'
import {
  KEY_OPERATIONS,
  type KeyCeremony,
  type PlannedRequest,
  planForNewKey,
  planRequests,
} from '../workload/index.ts'
import { checkRun } from './check.ts'
import type { DemoOptions } from './demoOptions.ts'
import { type Display, liveDisplay, plainDisplay } from './display.ts'
import { keySummaryLines } from './keySummary.ts'
import { lookAround } from './lookAround.ts'
import { Progress } from './progress.ts'
import { runKeys } from './runKeys.ts'
import { type RunResult, runRequests } from './runRequests.ts'
import { writeSettingsFile } from './settingsFile.ts'
import { summaryLines, verdictLines } from './summary.ts'
import { bold, green, red } from './terminal.ts'

/** Columns from which a whole transaction hash fits beside the rest. */
const WIDE = 170

/**
 * Runs the demo from start to end; nothing is left running afterwards.
 * @param signal stops it early
 * @returns whether every request was answered exactly once with the right plaintexts
 * @throws whatever went wrong; the reason of the signal when it was stopped
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  const out = process.stdout
  const planned = planOf(options)
  const progress = new Progress(planned.map(request => request.kind))
  const live = out.isTTY && !options.plain
  const display = live ? liveDisplay(progress, out) : plainDisplay(progress, out)
  let devnet: Devnet | undefined
  let passed = false
  try {
    devnet = await start(options, progress, display, signal)
    const ceremony = options.keys ? await runKeys(devnet, progress, display, signal) : undefined
    if (ceremony) devnet = underKey(devnet, ceremony.keyId)
    const result = await runRequests(devnet, planned, progress, display, signal)
    progress.step = 'checking'
    const checks = await checkRun(devnet, planned.length, result, ceremony)
    display.end()
    passed = checks.every(check => check.faults.length === 0) && result.finished.size === planned.length
    const wide = !out.isTTY || (out.columns ?? 80) >= WIDE
    const tables = tablesOf(devnet, result, ceremony, wide)
    print([...tables, '', ...verdictLines(checks), '', closing(passed, progress, devnet)])
    if (options.keep) await keepRunning(devnet, [...result.pending.values()][0], signal)
    return passed
  } finally {
    display.end()
    await devnet?.stop(!passed && !signal.aborted)
  }
}

/** With keys the two decryptions that show the new key come first. */
function planOf({ keys, requests }: DemoOptions): PlannedRequest[] {
  const planned = planRequests(requests, Math.random)
  return keys ? [...planForNewKey(Math.random), ...planned] : planned
}

function tablesOf(devnet: Devnet, result: RunResult, ceremony: KeyCeremony | undefined, wide: boolean): string[] {
  const finished = [...result.finished.values()].sort((a, b) => (a.request.id < b.request.id ? -1 : 1))
  const requests = ['', ...summaryLines(finished, wide)]
  if (!ceremony) return requests
  return [...requests, '', ...keySummaryLines(ceremony, finished, result.watch, devnet.nodes.length, wide)]
}

async function start(options: DemoOptions, progress: Progress, display: Display, signal: AbortSignal): Promise<Devnet> {
  const devnet = await startDevnet({
    nodes: options.nodes,
    workers: options.workers,
    withoutKeys: options.keys,
    secure: options.secure,
    signal,
    onStep: text => {
      progress.step = text
      display.line(text)
    },
  })
  progress.processes = devnet.processes
  progress.nodes = devnet.nodes.length
  if (options.keys) for (const operation of KEY_OPERATIONS) progress.keySteps[operation] = 0
  display.line(`${devnet.processes.length} processes are ready, logs in ${devnet.dir}`)
  return devnet
}

async function keepRunning(devnet: Devnet, example: Parameters<typeof lookAround>[1], signal: AbortSignal) {
  print(['', ...lookAround(devnet, example, await writeSettingsFile(devnet))])
  if (!signal.aborted) await once(signal, 'abort')
}

function closing(passed: boolean, progress: Progress, { dir }: Devnet): string {
  const took = `after ${progress.seconds.toFixed(1)} s`
  if (passed) return green(bold(`Every request was answered exactly once, and every plaintext matches, ${took}.`))
  return red(bold(`Failed ${took}. Logs and streams are in ${dir}`))
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
