#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { type BenchOptions, parseBenchCommand, USAGE } from './benchOptions.ts'
import { figureLines, latencyLines, processLines, ratioLines, stageLines, verdictLines } from './report/lines.ts'
import { recordRun } from './report/record.ts'
import { runBench } from './runBench.ts'
import { allShapes } from './shapes/shapes.ts'

const INTERRUPTED = 130

const command = parseBenchCommand(process.argv.slice(2))
if (command.verb === 'help') {
  process.stdout.write(USAGE)
} else if (command.verb === 'list') {
  print(...allShapes().map(({ name, what }) => `${name.padEnd(22)} ${what}`))
} else if (command.verb === 'unusable') {
  process.stderr.write(`${command.problem}\n\n${USAGE}`)
  process.exitCode = 1
} else {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time nothing is waited for; children are killed with this process.
      if (stopping.signal.aborted) process.exit(INTERRUPTED)
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
  try {
    process.exitCode = (await runAll(command.options, stopping.signal)) ? 0 : 1
  } catch (fault) {
    process.exitCode = stopping.signal.aborted ? INTERRUPTED : 1
    process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`)
  }
  // Nothing that matters is left; a socket in its last second must not keep the terminal.
  process.exit()
}

/** @returns whether nothing was lost and, when asked for, every target is met */
async function runAll(options: BenchOptions, signal: AbortSignal): Promise<boolean> {
  const report = await runBench(options, signal, print)
  const { shapes, verdicts } = report
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, undefined, 1)}\n`)
  for (const lines of [
    stageLines(shapes),
    latencyLines(shapes),
    ratioLines(shapes),
    processLines(shapes),
    figureLines(shapes),
    verdictLines(verdicts),
  ])
    if (lines.length > 0) print('', ...lines)
  if (options.record) {
    const { slower, chart } = await recordRun(report)
    print('', `Drawn in ${chart}`, ...slower.map(one => `SLOWER THAN BEFORE ${one}`))
  }
  const faults = shapes.flatMap(shape => shape.faults.map(fault => `${shape.name}: ${fault}`))
  if (faults.length > 0) print('', 'Lost or done twice:', ...faults)
  return faults.length === 0 && (!options.verdict || verdicts.every(({ met }) => met))
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
