#!/usr/bin/env node
import { parseDemoCommand, USAGE } from './demoOptions.ts'
import { runDemo } from './runDemo.ts'

const INTERRUPTED = 130

const command = parseDemoCommand(process.argv.slice(2))
if (command.verb === 'help') {
  process.stdout.write(USAGE)
} else if (command.verb === 'unusable') {
  process.stderr.write(`${command.problem}\n\n${USAGE}`)
  process.exitCode = 1
} else {
  const { options } = command
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time nothing is waited for; children are killed with this process.
      if (stopping.signal.aborted) process.exit(INTERRUPTED)
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
  try {
    const passed = await runDemo(options, stopping.signal)
    process.exitCode = passed ? 0 : 1
  } catch (fault) {
    process.exitCode = stopping.signal.aborted ? INTERRUPTED : 1
    const text = stopping.signal.aborted ? 'stopped, everything that was started is gone' : messageOf(fault)
    process.stderr.write(`${text}\n`)
  }
  // Nothing that matters is left; a socket in its last second must not keep the terminal.
  process.exit()
}

function messageOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  return fault.cause instanceof Error ? `${fault.message}\n  caused by: ${fault.cause.message}` : fault.message
}
