#!/usr/bin/env node
import { verdictLines } from '../demo/summary.ts'
import { bold, green, red, table } from '../demo/terminal.ts'
import { runProgram } from '../process/runProgram.ts'
import { runScaling } from './runScaling.ts'
import { parseScalingCommand, type ScalingOptions, USAGE } from './scalingOptions.ts'
import { idleFaults, ratioFaults, SCALING_HEADER, scalingRows } from './scalingVerdict.ts'
import { ceilingOf } from './waves.ts'

await runProgram(parseScalingCommand(process.argv.slice(2)), USAGE, run)

/** @returns whether ratios, shares and completeness hold */
async function run(options: ScalingOptions, signal: AbortSignal): Promise<boolean> {
  const print = (...lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`)
  const { delayMs, inFlight } = options
  print(
    `A KMS Core that takes ${delayMs} ms a request, workers that hold ${inFlight} at once:`,
    `one replica cannot answer more than ${ceilingOf(options, 1).toFixed(1)} requests a second.`,
    '',
  )
  const { waves, requests, faults } = await runScaling(options, signal, print)
  const checks = [
    {
      what: 'two replicas are at least 1.9 times, four at least 3.6 times as fast as one',
      faults: ratioFaults(waves, ceilingOf(options, 1)),
    },
    { what: 'every replica did its share, also those that were started under load', faults: idleFaults(waves) },
    { what: `${requests} requests, each answered exactly once on chain, nonces without a gap`, faults },
  ]
  const passed = checks.every(check => check.faults.length === 0)
  print('', ...table(SCALING_HEADER, scalingRows(waves)), '', ...verdictLines(checks))
  print('', passed ? green(bold('Scales, and loses nothing.')) : red(bold('Does not hold.')))
  return passed
}
