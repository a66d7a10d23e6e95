#!/usr/bin/env node
import { runProgram } from '../process/runProgram.ts'
import { type ChaosOptions, parseChaosCommand, USAGE } from './chaosOptions.ts'
import { resultLines, summaryTable } from './chaosReport.ts'
import { runSeed, type SeedResult } from './runSeed.ts'
import { describe, scheduleOf } from './schedule.ts'

await runProgram(parseChaosCommand(process.argv.slice(2)), USAGE, async (options, signal) => {
  if (!options.scheduleOnly) return runAll(options, signal)
  for (const seed of options.seeds) printSchedule(seed, options)
  return true
})

/** @returns whether every seed ran and passed */
async function runAll(options: ChaosOptions, signal: AbortSignal): Promise<boolean> {
  const results: SeedResult[] = []
  let broken = false
  for (const seed of options.seeds) {
    signal.throwIfAborted()
    printSchedule(seed, options)
    const start = performance.now()
    const onLine = (line: string) => print([`[${((performance.now() - start) / 1000).toFixed(1)}] ${line}`])
    try {
      const result = await runSeed(scheduleOf(seed, options), { ...options, signal, onLine })
      results.push(result)
      print(resultLines(result, options))
    } catch (fault) {
      signal.throwIfAborted()
      broken = true
      print([`seed ${seed}: DID NOT RUN. ${fault instanceof Error ? fault.message : String(fault)}`])
    }
  }
  print(['', ...summaryTable(results)])
  return !broken && results.every(({ findings }) => findings.length === 0)
}

function printSchedule(seed: number, options: ChaosOptions): void {
  const { events, endpoints, endsAt } = scheduleOf(seed, options)
  print([
    `seed ${seed}: ${events.length} events in ${(endsAt / 1000).toFixed(0)} s, ${endpoints} JSON-RPC endpoints a service`,
    ...events.map(event => `  ${describe(event)}`),
  ])
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
