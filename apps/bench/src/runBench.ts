import type { BenchOptions } from './benchOptions.ts'
import type { BenchReport } from './report/benchReport.ts'
import { describeMachine } from './report/machine.ts'
import { verdictsOf } from './report/targets.ts'
import type { ShapeReport } from './shapes/shape.ts'
import { shapeNamed } from './shapes/shapes.ts'
import { BenchWorld } from './world/benchWorld.ts'
import { SharedProduct } from './world/sharedProduct.ts'

/**
 * Runs the chosen shapes one after the other in one world.
 * @param say told what is being done
 * @param keep given what was measured so far, after every shape: a run takes long, and may be stopped
 * @throws Error when a wave is not answered; the reason of the signal
 */
export async function runBench(
  options: BenchOptions,
  signal: AbortSignal,
  say: (text: string) => void,
  keep: (report: BenchReport) => Promise<void>,
): Promise<BenchReport> {
  const startedAt = new Date().toISOString()
  const shapes: ShapeReport[] = []
  const report = (): BenchReport => {
    const { quick } = options
    return { startedAt, quick, machine: describeMachine(), shapes, verdicts: verdictsOf(shapes) }
  }
  const shared = new SharedProduct()
  const world = await BenchWorld.start({ onStep: say })
  try {
    for (const name of options.shapes) {
      signal.throwIfAborted()
      const shape = shapeNamed(name)
      if (!shape.sharesProduct) await shared.release()
      say(`${name}: ${shape.what}`)
      const context = { ...options, world, shared, signal, say: (text: string) => say(`  ${text}`) }
      const begin = performance.now()
      shapes.push(await shape.run(context).catch(fault => unfinished(shape.name, fault, signal)))
      say(`  ${((performance.now() - begin) / 1_000).toFixed(0)} s`)
      await keep(report())
    }
  } finally {
    await shared.release()
    await world.stop()
  }
  return report()
}

/** What a shape that failed leaves: a fault that fails the run, after the other shapes were measured. */
function unfinished(name: ShapeReport['name'], fault: unknown, signal: AbortSignal): ShapeReport {
  signal.throwIfAborted()
  return { name, runs: [], figures: {}, faults: [fault instanceof Error ? fault.message : String(fault)] }
}
