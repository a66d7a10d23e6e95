import { writeFile } from 'node:fs/promises'
import type { BenchOptions } from './benchOptions.ts'
import { hotSpotLines } from './report/hotSpots.ts'
import { figureLines, latencyLines, processLines, ratioLines, stageLines, verdictLines } from './report/lines.ts'
import { recordRun } from './report/record.ts'
import { runBench } from './runBench.ts'

/**
 * Runs the shapes, prints and keeps what they showed.
 * @returns whether nothing was lost and, when asked for, every target is met
 */
export async function runAndPrint(
  options: BenchOptions,
  signal: AbortSignal,
  print: (...lines: string[]) => void,
): Promise<boolean> {
  const report = await runBench(options, signal, print, async soFar => {
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(soFar, undefined, 1)}\n`)
  })
  const { shapes, verdicts } = report
  for (const lines of [
    stageLines(shapes),
    latencyLines(shapes),
    ratioLines(shapes),
    processLines(shapes),
    figureLines(shapes),
    verdictLines(verdicts),
  ])
    if (lines.length > 0) print('', ...lines)
  if (options.profile !== undefined) print('', ...(await hotSpotLines(options.profile)))
  if (options.record) {
    const { slower, chart } = await recordRun(report)
    print('', `Drawn in ${chart}`, ...slower.map(one => `SLOWER THAN BEFORE ${one}`))
  }
  const faults = shapes.flatMap(shape => shape.faults.map(fault => `${shape.name}: ${fault}`))
  if (faults.length > 0) print('', 'Failed, lost or done twice:', ...faults)
  return faults.length === 0 && (!options.verdict || verdicts.every(({ met }) => met))
}
