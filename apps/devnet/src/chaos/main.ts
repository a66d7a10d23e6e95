#!/usr/bin/env node
import { type ChaosOptions, parseChaosCommand, USAGE } from './chaosOptions.ts'
import { resultLines, summaryTable } from './chaosReport.ts'
import { runSeed, type SeedResult } from './runSeed.ts'
import { describe, scheduleOf } from './schedule.ts'

const INTERRUPTED = 130

const command = parseChaosCommand(process.argv.slice(2))
if (command.verb === 'help') {
  process.stdout.write(USAGE)
} else if (command.verb === 'unusable') {
  process.stderr.write(`${command.problem}\n\n${USAGE}`)
  process.exitCode = 1
} else if (command.options.scheduleOnly) {
  for (const seed of command.options.seeds) printSchedule(seed, command.options)
} else {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time nothing is waited for; children are killed with this process.
      if (stopping.signal.aborted) process.exit(INTERRUPTED)
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
  process.exitCode = await runAll(command.options, stopping.signal)
  // Nothing that matters is left; a socket in its last second must not keep the terminal.
  process.exit()
}

async function runAll(options: ChaosOptions, signal: AbortSignal): Promise<number> {
  const results: SeedResult[] = []
  let broken = false
  for (const seed of options.seeds) {
    if (signal.aborted) return INTERRUPTED
    printSchedule(seed, options)
    const start = performance.now()
    const onLine = (line: string) => print([`[${((performance.now() - start) / 1000).toFixed(1)}] ${line}`])
    try {
      const result = await runSeed(scheduleOf(seed, options), { ...options, signal, onLine })
      results.push(result)
      print(resultLines(result, options))
    } catch (fault) {
      if (signal.aborted) return INTERRUPTED
      broken = true
      print([`seed ${seed}: DID NOT RUN. ${fault instanceof Error ? fault.message : String(fault)}`])
    }
  }
  print(['', ...summaryTable(results)])
  return broken || results.some(({ findings }) => findings.length > 0) ? 1 : 0
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
