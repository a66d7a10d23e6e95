#!/usr/bin/env node
import { runProgram } from '@kms-connector/devnet/program'
import { parseBenchCommand, USAGE } from './benchOptions.ts'

const command = parseBenchCommand(process.argv.slice(2))
if (command.verb === 'list') {
  const { allShapes } = await import('./shapes/shapes.ts')
  print(...allShapes().map(({ name, what }) => `${name.padEnd(22)} ${what}`))
} else {
  await runProgram(command, USAGE, async (options, signal) => {
    // Loaded when there is something to measure: words about the command line need none of it.
    const { runAndPrint } = await import('./runAndPrint.ts')
    return runAndPrint(options, signal, print)
  })
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
