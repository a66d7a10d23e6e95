#!/usr/bin/env node
import { parseBenchCommand, USAGE } from './benchOptions.ts'

const INTERRUPTED = 130

const command = parseBenchCommand(process.argv.slice(2))
if (command.verb === 'help') {
  process.stdout.write(USAGE)
} else if (command.verb === 'list') {
  const { allShapes } = await import('./shapes/shapes.ts')
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
    // Loaded when there is something to measure: words about the command line need none of it.
    const { runAndPrint } = await import('./runAndPrint.ts')
    process.exitCode = (await runAndPrint(command.options, stopping.signal, print)) ? 0 : 1
  } catch (fault) {
    process.exitCode = stopping.signal.aborted ? INTERRUPTED : 1
    process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`)
  }
  // Nothing that matters is left; a socket in its last second must not keep the terminal.
  process.exit()
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
